"""Numbers with nouns, for messages."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number and a noun, in the plural unless the number is 1.

    Args:
        count: the number.
        noun: the noun in the singular.
        plural: its plural; by default the noun with an ``s``.

    >>> counted(1, "document"), counted(2_500, "entity", "entities")
    ('1 document', '2,500 entities')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def counted_entities(count: int) -> str:
    """Return a number of entities.

    >>> counted_entities(1)
    '1 entity'
    """
    return counted(count, "entity", "entities")
