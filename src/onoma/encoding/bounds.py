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

_BOUNDARY_CANDIDATES = re.compile(r"[^\S ]|  |[|│┃║•]")
"""A text without any of these is a single unit."""

_CELL_SEPARATOR = re.compile(r"\s*[\t|│┃║•][\s|│┃║•]*|\s{2,}")
_FINAL_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})[-\u00ad\u2010]$")
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
    if not _BOUNDARY_CANDIDATES.search(text):
        return Bounds()
    lines = list(lines_of(text))
    separators = [[match for match in _CELL_SEPARATOR.finditer(line.text) if match.start()] for line in lines]
    columns = [
        {line.indent + match.end() for match in line_separators}
        for line, line_separators in zip(lines, separators, strict=True)
    ]
    units: set[int] = set()
    is_row: list[bool] = []
    for number, (line, line_separators) in enumerate(zip(lines, separators, strict=True)):
        adjacent_columns = set[int]().union(*columns[max(0, number - 1) : number], *columns[number + 1 : number + 2])
        has_columns = bool(line_separators) and len(line.text.split()) - 1 < 4 * len(line_separators)
        cell_starts = [
            match.end()
            for match in line_separators
            if _is_cell_boundary(match, line, adjacent_columns, has_columns=has_columns)
        ]
        is_row.append(bool(cell_starts))
        units.update(line.start + start for start in cell_starts if start < len(line.text))
    unread = {line.start: Replacement(*line.quoted, " ") for line in lines if line.quoted[0] < line.quoted[1]}
    for (line, following), wrapped, rows in zip(pairwise(lines), wrapped_lines(lines), pairwise(is_row), strict=False):
        may_continue = line.paragraph == following.paragraph and not any(rows)
        if may_continue and (hyphen := _find_hyphen(line, following)) is not None:
            unread[following.start] = Replacement(hyphen, following.start, "")
        elif not (may_continue and wrapped):
            units.add(following.start)
    return Bounds(sorted(units), sorted(unread.values()))


def _is_cell_boundary(separator: re.Match[str], line: Line, adjacent_columns: set[int], *, has_columns: bool) -> bool:
    """Return whether a run of whitespace, or a separator such as ``|``, is a cell boundary.

    Two spaces also occur after a sentence or by accident. They are a cell boundary only if an adjacent line has one at
    the same position (``adjacent_columns``), or if the line contains little else (``has_columns``).
    """
    if separator[0] != "  ":
        return True
    if line.text[separator.start() - 1] in CLOSING:
        return False
    return has_columns or line.indent + separator.end() in adjacent_columns


def _find_hyphen(line: Line, following: Line) -> int | None:
    """Return the offset of the first unread character if a line ends inside a hyphenated word, else None."""
    match = _FINAL_HYPHEN.search(line.text)
    if match is None or not following.text[0].isalnum():
        return None
    if following.text.split(maxsplit=1)[0] in _AFTER_SUSPENDED_HYPHEN:
        return None
    is_kept = match[0] != "\u00ad" and not following.text[0].islower()
    return line.start + (match.end() if is_kept else match.start())
