"""Conversion of tags in various spellings to those of the schemes: ``B_PER``, ``PER-B``, ``b-per``, ``B``, ``3``.

The spelling of a file is detected from all of its tags together, so that a label that merely looks like another
spelling (``B_cell`` among ``B-DNA``) is not changed. This module does not access files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from onoma.errors import SchemeError
from onoma.schemes import OUTSIDE, PREFIXES, has_prefix

_PREFIXES = "".join(sorted(PREFIXES))
_EMPTY_TAGS = frozenset(["_", "-"])
_OUTSIDE_VARIANTS = frozenset(["o", "0"])
_CANONICAL_TAG = re.compile(rf"[{_PREFIXES}]-.*")
_PREFIX_BEFORE = re.compile(rf"([{_PREFIXES}])([-_:./|~])(.+)", re.IGNORECASE)
_PREFIX_AFTER = re.compile(rf"(.+)([-_:./|~])([{_PREFIXES}])", re.IGNORECASE)
_PREFIXED_TAG = re.compile(rf"{_PREFIX_BEFORE.pattern}|[^\W\d_]\S*[-_:./|~][{_PREFIXES}]", re.IGNORECASE)
_UNLABELLED_TAG = re.compile(rf"[Oo_0-]|[{_PREFIXES}]-?")


def looks_tagged(tag: str) -> bool:
    """Return whether a cell could be a tag in any spelling: with prefix and label, a bare prefix, or outside."""
    return _UNLABELLED_TAG.fullmatch(tag) is not None or looks_prefixed(tag)


def looks_prefixed(tag: str) -> bool:
    """Return whether a cell could be a tag with a prefix and a label, in any spelling."""
    return _PREFIXED_TAG.fullmatch(tag) is not None


def is_tag(cell: str) -> bool:
    """Return whether a cell is a tag in the spelling of the schemes."""
    return cell == OUTSIDE or (has_prefix(cell) and len(cell) > 2)


def is_number(cell: str) -> bool:
    """Return whether a cell is a whole number of at most nine digits, such as a numeric tag or a word index."""
    return len(cell) < 10 and cell.isdecimal()


def are_tags(cells: Collection[str]) -> bool:
    """Return whether all cells of a column could be tags.

    At least one must have a prefix and a label, or both ``B`` and ``O`` must occur.
    """
    return all(map(looks_tagged, cells)) and (any(map(looks_prefixed, cells)) or {"B", OUTSIDE} <= set(cells))


@dataclass(frozen=True)
class TagSpelling:
    """Spelling of the tags in one file.

    Attributes:
        form: `plain` (as in the schemes), `before` or `after` (the position of the prefix relative to the label),
            `bare` (prefixes without labels) or `number`.
        empty: tags that mean no entity, in addition to ``O``.
        default_label: label of tags without one.
        names: the tags that numbers stand for, in order from 0.
    """

    form: str = "plain"
    empty: frozenset[str] = frozenset()
    default_label: str = ""
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, tags: Collection[str], *, default_label: str = "", names: Sequence[str] = ()) -> TagSpelling:
        """Detect the spelling of a file from its tags.

        Args:
            tags: all tags that occur in the file.
            default_label: label of tags without one.
            names: the tags that numbers stand for, in order from 0.

        Raises:
            SchemeError: the tags have no labels and there is no default label, or they are numbers and have no names.
        """
        entity_tags = set(tags) - {OUTSIDE}
        empty = _EMPTY_TAGS & entity_tags
        if entity_tags and names and all(map(is_number, entity_tags)):
            return cls(form="number", names=tuple(names))
        if OUTSIDE not in tags:
            empty |= _OUTSIDE_VARIANTS & entity_tags
        entity_tags -= empty
        if entity_tags and all(map(is_number, entity_tags)):
            raise SchemeError(
                f"the tags are numbers ({', '.join(sorted(entity_tags)[:5])}); say which tags they stand for, in order "
                "from 0, with --tag-names O,B-PER,I-PER,…, or beside a JSON file with its dataset_info.json or dataset "
                "card"
            )
        return cls(_detect_form(entity_tags, default_label=default_label), empty, default_label, ())

    @property
    def plain(self) -> bool:
        """Whether the tags of the file are spelled as in the schemes."""
        return self.form == "plain" and not self.empty and not self.default_label

    def all(self, tags: Iterable[str]) -> list[str]:
        """Return the tags of a sentence in the spelling of the schemes.

        Raises:
            SchemeError: the tags are spelled as numbers, and one stands for no name.
        """
        return [_normalize_tag(self, tag) for tag in tags]


def _detect_form(tags: Collection[str], *, default_label: str) -> str:
    if not tags:
        return "plain"
    if all(tag.removesuffix("-").upper() in PREFIXES for tag in tags):
        if default_label:
            return "bare"
        shown_tags = ", ".join(sorted(tags))
        raise SchemeError(
            f"the tags have no labels ({shown_tags}); name the one that all have with --default-label LABEL"
        )
    if any(_CANONICAL_TAG.fullmatch(tag) for tag in tags) and not all(_PREFIX_BEFORE.fullmatch(tag) for tag in tags):
        return "plain"
    for form, pattern in (("before", _PREFIX_BEFORE), ("after", _PREFIX_AFTER)):
        matches = [pattern.fullmatch(tag) for tag in tags]
        if all(matches) and len({match[2] for match in matches if match}) == 1:
            return "plain" if all(_CANONICAL_TAG.fullmatch(tag) for tag in tags) else form
    return "plain"


@lru_cache(maxsize=4096)
def _normalize_tag(spelling: TagSpelling, tag: str) -> str:
    if tag == OUTSIDE or tag in spelling.empty:
        return OUTSIDE
    if spelling.form == "number":
        if not is_number(tag) or int(tag) >= len(spelling.names):
            raise SchemeError(f"no tag has the number {tag}; there are {len(spelling.names)} names, counted from 0")
        return spelling.names[int(tag)]
    if spelling.form == "bare":
        return f"{tag[0].upper()}-{spelling.default_label}"
    if spelling.form == "before" and (match := _PREFIX_BEFORE.fullmatch(tag)):
        return f"{match[1].upper()}-{match[3]}"
    if spelling.form == "after" and (match := _PREFIX_AFTER.fullmatch(tag)):
        return f"{match[3].upper()}-{match[1]}"
    if spelling.default_label and tag.removesuffix("-") in PREFIXES:
        return f"{tag[0]}-{spelling.default_label}"
    return tag
