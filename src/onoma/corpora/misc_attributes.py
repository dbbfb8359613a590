"""Attributes in the MISC column of CoNLL-U (``SpaceAfter=No|Entity=B-PER``), and the search for those with tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onoma.corpora.spelling import is_tag
from onoma.errors import CorpusError
from onoma.schemes import OUTSIDE

ENTITY_ATTRIBUTES = ("Entity", "NER", "NE")
"""Attributes that always hold the tags of entities."""

_POSSIBLE_ENTITY_ATTRIBUTES = ("name", "ner", "ne", "NamedEntity")
"""Attributes that hold the tags of entities in some files, and something else in others."""


def parse_attributes(misc: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the attributes in a cell of MISC.

    >>> list(parse_attributes("SpaceAfter=No|Entity=B-PER"))
    [('SpaceAfter', 'No'), ('Entity', 'B-PER')]
    """
    for attribute in misc.split("|"):
        name, equals, value = attribute.partition("=")
        if equals:
            yield name, value


def find_attributes(attributes: Iterable[tuple[str, str]], *, may_be_empty: bool) -> tuple[str, ...]:
    """Return the names of the attributes that hold the tags of entities.

    Args:
        attributes: names and values of all attributes of a file.
        may_be_empty: whether the file may have no entities, although an unknown attribute holds tags.

    Raises:
        CorpusError: only unknown attributes hold tags and nothing else, or several of the possible ones do.
    """
    with_tags, with_others = dict[str, None](), set[str]()
    for name, value in attributes:
        if name in ENTITY_ATTRIBUTES:
            return ENTITY_ATTRIBUTES
        if not is_tag(value):
            with_others.add(name)
        elif value != OUTSIDE:
            with_tags[name] = None
    found = [name for name in with_tags if name not in with_others]
    possible = [name for name in found if name in _POSSIBLE_ENTITY_ATTRIBUTES]
    if len(possible) == 1:
        return tuple(possible)
    if not found or may_be_empty:
        return ENTITY_ATTRIBUTES
    found = possible or found
    raise CorpusError(
        f"no word has {'=, '.join(ENTITY_ATTRIBUTES)}= in MISC, but {'= and '.join(found)}= hold tags; read them with "
        f"--tag-column {found[0]}, or accept the file as it is with --skip-checks"
    )


def spread_tag(tag: str, length: int) -> list[str]:
    """Return the tags of the words that have one tag together.

    >>> spread_tag("S-LOC", 2)
    ['B-LOC', 'E-LOC']
    """
    if length < 2:
        return [tag] * length
    prefix, label = tag[0], tag[1:]
    first = {"S": "B", "U": "B", "E": "I", "L": "I"}.get(prefix, prefix)
    middle = "M" if prefix == "M" else "I"
    last = {"S": "E", "U": "L", "B": "I"}.get(prefix, prefix)
    return [first + label, *[middle + label] * (length - 2), last + label]
