"""Segmentation of raw text into units that no entity crosses: paragraphs, lines, list items and table cells.

A wrapped line continues in the next one, and so does a word that is hyphenated at the line end. This module is
independent of words, sentences and labels; the end of a sentence inside a line is not a unit boundary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from onoma.encoding.lines import CLOSING, Line, lines_of, wrapped_lines
from onoma.encoding.words import Replacement

_CANDIDATES = re.compile(r"[^\S ]|  |[|│┃║•]")
"""A text without any of these is a single unit."""

_CELL = re.compile(r"\s*[\t|│┃║•][\s|│┃║•]*|\s{2,}")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})[-\u00ad\u2010]$")
_AFTER_SUSPENDED_HYPHEN = frozenset(["and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e", "en", "of"])
"""Words that do not complete a hyphenated word at the end of the line before: ``pre-`` and ``post-war``."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Unit boundaries of a text, and the characters that are not read.

    Attributes:
        units: offsets at which units begin, without the first unit; ascending.
        unread: replacements in ascending order. The quote marks of a line are read as a space. The line end inside a
            hyphenated word is left out, together with the hyphen unless the hyphen is part of the word.
    """

    units: Sequence[int] = ()
    unread: Sequence[Replacement] = ()


def find_bounds(text: str) -> Bounds:
    r"""Find the unit boundaries of a raw text.

    >>> find_bounds("Munich\nGermany").units
    [7]
    >>> find_bounds("The chancellor visited the University of\nNew York.").units
    []
    """
    if not _CANDIDATES.search(text):
        return Bounds()
    lines = list(lines_of(text))
    runs = [[match for match in _CELL.finditer(line.text) if match.start()] for line in lines]
    columns = [{line.indent + match.end() for match in own} for line, own in zip(lines, runs, strict=True)]
    units: set[int] = set()
    is_row: list[bool] = []
    for number, (line, own) in enumerate(zip(lines, runs, strict=True)):
        near = set[int]().union(*columns[max(0, number - 1) : number], *columns[number + 1 : number + 2])
        has_columns = bool(own) and len(line.text.split()) - 1 < 4 * len(own)
        cells = [match.end() for match in own if _sets_off_cell(match, line, near, has_columns=has_columns)]
        is_row.append(bool(cells))
        units.update(line.start + start for start in cells if start < len(line.text))
    unread = {line.start: Replacement(*line.quoted, " ") for line in lines if line.quoted[0] < line.quoted[1]}
    for (line, following), wrapped, rows in zip(pairwise(lines), wrapped_lines(lines), pairwise(is_row), strict=False):
        goes_on = line.paragraph == following.paragraph and not any(rows)
        if goes_on and (hyphen := _hyphen(line, following)) is not None:
            unread[following.start] = Replacement(hyphen, following.start, "")
        elif not (goes_on and wrapped):
            units.add(following.start)
    return Bounds(sorted(units), sorted(unread.values()))


def _sets_off_cell(blanks: re.Match[str], line: Line, near: set[int], *, has_columns: bool) -> bool:
    """Return whether a run of whitespace, or a separator such as ``|``, is a cell boundary.

    Two spaces also occur after a sentence or by accident. They are a cell boundary only if an adjacent line has one at
    the same position (``near``), or if the line contains little else (``has_columns``).
    """
    if blanks[0] != "  ":
        return True
    if line.text[blanks.start() - 1] in CLOSING:
        return False
    return has_columns or line.indent + blanks.end() in near


def _hyphen(line: Line, following: Line) -> int | None:
    """Return the offset of the first unread character if a line ends inside a hyphenated word, else None."""
    found = _HYPHEN.search(line.text)
    if found is None or not following.text[0].isalnum():
        return None
    if following.text.split(maxsplit=1)[0] in _AFTER_SUSPENDED_HYPHEN:
        return None
    stays = found[0] != "\u00ad" and not following.text[0].islower()
    return line.start + (found.end() if stays else found.start())
