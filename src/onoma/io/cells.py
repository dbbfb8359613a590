"""Rows of CSV and TSV: cells of any length, and tab-separated files in which quotation marks are mere text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Protocol

_MAX_CELL_CHARACTERS = (1 << 31) - 1
"""Highest possible limit: it is stored as a C `long`, which has 32 bits on Windows."""

_SEPARATOR_LINE = re.compile(r'"?sep=."?\s*', re.IGNORECASE)


def names_separator(line: str) -> bool:
    """Return whether a line before the header only tells Excel the separator of cells, as ``sep=;`` does."""
    return _SEPARATOR_LINE.fullmatch(line) is not None


class Rows(Iterator[list[str]], Protocol):
    """Iterator of the rows of a table, the first of which is the header."""

    @property
    def line_num(self) -> int:
        """Number of lines read."""


def read_rows(lines: Iterable[str], *, delimiter: str) -> Rows:
    """Return an iterator of the rows of a table, which raises `csv.Error` for misplaced quotation marks."""
    allow_long_cells()
    return _TabRows(lines) if delimiter == "\t" else csv.reader(lines, delimiter=delimiter, strict=True)


class _TabRows:
    """Rows of a tab-separated file, with or without quotation marks around cells.

    The registered type has no quotation, but spreadsheets quote cells as in CSV. A line that is valid CSV by itself is
    read as such. In others, quotation marks are text if the line and the next one have as many cells as the header; if
    not, a quoted cell continues in the next line.

    Source: https://www.iana.org/assignments/media-types/text/tab-separated-values
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.line_num = 0
        self._lines = iter(lines)
        self._next = next(self._lines, None)
        self._width = 0

    def __iter__(self) -> _TabRows:
        return self

    def __next__(self) -> list[str]:
        if self._next is None:
            raise StopIteration
        line, self._next = self._next, next(self._lines, None)
        self.line_num += 1
        cells = _split_tabs(line)
        if '"' in line:
            cells = self._unquote(line, cells)
        self._width = self._width or len(cells)
        return cells

    def _unquote(self, line: str, cells: list[str]) -> list[str]:
        try:
            quoted = next(csv.reader([line], delimiter="\t", strict=True))
        except csv.Error:
            is_next_row = self._next is None or len(_split_tabs(self._next)) == self._width
            return cells if len(cells) == self._width and is_next_row else self._continue(line)
        return cells if len(cells) == self._width != len(quoted) else quoted

    def _continue(self, line: str) -> list[str]:
        """Return the row that begins with a line and goes on in the lines after it."""
        rest = chain([] if self._next is None else [self._next], self._lines)
        rows = csv.reader(chain([line], rest), delimiter="\t", strict=True)
        try:
            return next(rows)
        finally:
            self.line_num += rows.line_num - 1
            self._next = next(rest, None)


def _split_tabs(line: str) -> list[str]:
    bare = line.rstrip("\r\n")
    return bare.split("\t") if bare else []


def allow_long_cells() -> None:
    """Raise the cell size limit of the module `csv` for the whole process."""
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
