"""A line to its columns: parting them, and picking the word's and the tag's by number or by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from onoma.errors import ConfigError, CorpusError


class PickedCells(NamedTuple):
    """What a line has: the word, its tag, and whether no blank follows the word."""

    word: str
    tag: str
    glued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLayout:
    """How a file parts its columns and which hold what.

    Attributes:
        tabs: separated by single tabs; else by runs of blanks and tabs.
        width: how many columns most lines have.
        word, tag: positions from 0, or negative from the end; a tag of None where the file has words alone.
        tags: those of the file's first lines, by which a word that begins with ``#`` is known.
        chosen: the caller chose a column, so a line may be wider than the others.
        header: the first line where it names the columns; None where it is a word's.
        spacing: the position of a column that says whether a blank follows the word; None where there is none.
        index: how many columns of numbers stand before the word.
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

    def pick(self, line: str, *, path: Path, number: int) -> PickedCells:
        """The word and the tag of a line.

        Raises:
            CorpusError: the line has too few columns, or more than the others and no column was chosen.
        """
        fields = line.split("\t") if self.tabs else split_columns(line, tabs=False)
        if len(fields) != self.width and (len(fields) < self.width or not self.chosen):
            separator = "tabs" if self.tabs else "blanks"
            came = f"{len(fields)} column{'' if len(fields) == 1 else 's'} in {line!r}"
            message = f"{came}; expected {self.width} separated by {separator}, as most lines of the file have"
            raise CorpusError(message, path=path, line=number)
        glued = self.spacing is not None and fields[self.spacing] == "-"
        return PickedCells(fields[self.word], "" if self.tag is None else fields[self.tag].strip(" "), glued)


def split_columns(line: str, *, tabs: bool) -> list[str]:
    r"""Part a line's columns; only blanks and tabs part, never U+00A0 or the like.

    >>> split_columns("New York\tB-LOC", tabs=True)
    ['New York', 'B-LOC']
    >>> split_columns("Lyon  NNP\tB-LOC ", tabs=False)
    ['Lyon', 'NNP', 'B-LOC']
    """
    if tabs:
        return line.split("\t")
    return [field for field in line.replace("\t", " ").split(" ") if field]


def column_index(column: int | str, names: tuple[str, ...], *, width: int, path: Path) -> int:
    """A column's position, from 0 or negative, of its number from 1 (or negative) or its name.

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
    known = (
        f"its columns are {', '.join(names)}" if names else "its columns have no names; pass columns=(...) or a number"
    )
    raise ConfigError(f"{path} has no column {column!r}; {known}")
