"""Splitting of lines into columns, and selection of the word and tag columns by number or name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from onoma.errors import ConfigError, CorpusError


class PickedCells(NamedTuple):
    """Word and tag of a line, and whether no space follows the word."""

    word: str
    tag: str
    no_space_after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLayout:
    """Column layout of a file: the separator and the positions of the columns.

    Attributes:
        tabs: whether columns are separated by single tabs; otherwise by runs of spaces and tabs.
        width: number of columns in most lines.
        word, tag: column positions, counted from 0 or negative from the end; the tag is None if there are only words.
        tags: the tags in the first lines of the file, used to recognise a word that begins with ``#``.
        chosen: whether the caller chose a column; a line may then have more columns than most lines.
        header: the first line if it names the columns; None if it holds a word.
        spacing: position of a column that says whether a space follows the word; None if there is none.
        index: number of numeric columns before the word.
        unread: names of the columns that are not read; `column 2` for the second one if it has no name.
    """

    tabs: bool
    width: int
    word: int
    tag: int | None
    tags: frozenset[str]
    chosen: bool
    header: str | None = None
    spacing: int | None = None
    index: int = 0
    unread: tuple[str, ...] = ()

    def pick(self, line: str, *, path: Path, number: int) -> PickedCells:
        """Return the word and the tag of a line.

        Raises:
            CorpusError: the line has too few columns, or too many and no column was chosen.
        """
        fields = line.split("\t") if self.tabs else split_columns(line, tabs=False)
        if len(fields) != self.width and (len(fields) < self.width or not self.chosen):
            separator = "tabs" if self.tabs else "blanks"
            actual = f"{len(fields)} column{'' if len(fields) == 1 else 's'} in {line!r}"
            message = f"{actual}; expected {self.width} separated by {separator}, as most lines of the file have"
            raise CorpusError(message, path=path, line=number)
        no_space_after = self.spacing is not None and fields[self.spacing] == "-"
        return PickedCells(fields[self.word], "" if self.tag is None else fields[self.tag].strip(" "), no_space_after)


def split_columns(line: str, *, tabs: bool) -> list[str]:
    r"""Split a line into columns at tabs, or at spaces and tabs; never at U+00A0 or the like.

    >>> split_columns("New York\tB-LOC", tabs=True)
    ['New York', 'B-LOC']
    >>> split_columns("Lyon  NNP\tB-LOC ", tabs=False)
    ['Lyon', 'NNP', 'B-LOC']
    """
    if tabs:
        return line.split("\t")
    return [field for field in line.replace("\t", " ").split(" ") if field]


def column_index(column: int | str, names: tuple[str, ...], *, width: int, path: Path) -> int:
    """Return the position of a column that is given by number or name.

    A number is counted from 1, or negative from the end; the position from 0, or negative from the end.

    Raises:
        ConfigError: the number is 0, or no column has the name.
        CorpusError: lines of this width have no such column.
    """
    if isinstance(column, int):
        if column == 0:
            raise ConfigError("columns are counted from 1, or from -1 backwards; there is no column 0")
        if abs(column) > width:
            raise CorpusError(f"there is no column {column}; most of its lines have {width}", path=path)
        return column - 1 if column > 0 else column
    if column in names:
        return column_index(names.index(column) + 1, names, width=width, path=path)
    hint = (
        f"its columns are {', '.join(names)}" if names else "its columns have no names; pass columns=(...) or a number"
    )
    raise ConfigError(f"{path} has no column {column!r}; {hint}")


def unread_columns(names: Sequence[str], *, width: int, read: Iterable[int | None]) -> tuple[tuple[int, str], ...]:
    """Return the positions and names of the columns that are not read; `column 2` for the second one without a name.

    Args:
        names: names of the columns, as far as they have any.
        width: number of columns.
        read: positions that are read, from 0 or negative from the end; None is ignored.
    """
    positions = {position % width for position in read if position is not None}
    unread = (position for position in range(width) if position not in positions)
    return tuple(
        (position, names[position] if position < len(names) else f"column {position + 1}") for position in unread
    )
