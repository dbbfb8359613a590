"""Raw text to the units that no entity crosses: paragraphs, lines, list items and cells.

A line that was only wrapped goes on in the next one, and so does a word that is hyphenated there. This module does not
know words, sentences or labels; the end of a sentence inside a line is no bound here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from onoma.encoding.lines import CLOSING, Line, lines_of, wrapped_lines
from onoma.encoding.words import Replacement

_CANDIDATES = re.compile(r"[^\S ]|  |[|│┃║•]")
"""A text without any of these is one unit."""

_CELL = re.compile(r"\s*[\t|│┃║•][\s|│┃║•]*|\s{2,}")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})[-\u00ad\u2010]$")
_AFTER_SUSPENDED_HYPHEN = frozenset(["and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e", "en", "of"])
"""Words that a hyphen before does not belong to: ``pre-`` and ``post-war``."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where units begin, and which line ends are inside a word.

    Attributes:
        units: the characters at which a unit begins, that of the first one left out; ascending.
        unread: the quote marks of lines, which are read as a blank; and what is inside of words that go on in the next
            line, from the hyphen, or from behind one that stays; ascending.
    """

    units: Sequence[int] = ()
    unread: Sequence[Replacement] = ()


def find_bounds(text: str) -> Bounds:
    r"""Find the units of a raw text.

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
    """Whether a run of blanks, or a mark, sets off a cell.

    Two blanks also stand behind a sentence or are typed by accident. They set off a cell where a line beside has one
    there too (``near``), or where the line has little else.
    """
    if blanks[0] != "  ":
        return True
    if line.text[blanks.start() - 1] in CLOSING:
        return False
    return has_columns or line.indent + blanks.end() in near


def _hyphen(line: Line, following: Line) -> int | None:
    """Where the part of a word that is not read begins, if a line ends within a word."""
    found = _HYPHEN.search(line.text)
    if found is None or not following.text[0].isalnum():
        return None
    if following.text.split(maxsplit=1)[0] in _AFTER_SUSPENDED_HYPHEN:
        return None
    stays = found[0] != "\u00ad" and not following.text[0].islower()
    return line.start + (found.end() if stays else found.start())
