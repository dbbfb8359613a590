"""Cells -> an HTML table; a section with its heading. This module does not know what it sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from onoma.text.markup import escaped


class ShadedCell(NamedTuple):
    """A cell that is more than its text.

    Attributes:
        text: what it says.
        shade: how dark its ground is, from 0 to 1.
    """

    text: str
    shade: float


def table(
    head: Sequence[str], rows: Iterable[Sequence[str | ShadedCell]], *, words: Sequence[int] = (), about: str
) -> str:
    """A table whose first column names its rows and whose others hold numbers.

    Args:
        head: the names of the columns.
        rows: a cell for each column.
        words: columns, counted from 0, that hold words instead.
        about: what the table is, above it.
    """
    names = "".join(f'<th scope="col"{_sort(column, words)}>{escaped(name)}</th>' for column, name in enumerate(head))
    body = "".join(
        "<tr>" + "".join(_cell(cell, column, words) for column, cell in enumerate(row)) + "</tr>\n" for row in rows
    )
    return (
        f'<div class="wide"><table>\n<caption>{escaped(about)}</caption>\n'
        f"<thead><tr>{names}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def section(id: str, title: str, *parts: str) -> str:
    """A section of a page with its heading."""
    return f'<section id="{id}">\n<h2>{escaped(title)}</h2>\n{"".join(parts)}</section>\n'


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f"<p>{escaped(text)}</p>\n"


def beside(*parts: str) -> str:
    """Tables and pictures side by side, if there is room."""
    return f'<div class="beside">\n{"".join(parts)}</div>\n'


def picture(svg: str) -> str:
    """A picture in its place."""
    return f"<figure>{svg}</figure>\n"


def _cell(cell: str | ShadedCell, column: int, words: Sequence[int]) -> str:
    text, shade = (cell, 0.0) if isinstance(cell, str) else cell
    style = f' style="--shade: {shade:.0%}"' if shade else ""
    if column == 0:
        return f'<th scope="row"><bdi>{escaped(text)}</bdi></th>'
    return f"<td{_sort(column, words)}{style}>{escaped(text)}</td>"


def _sort(column: int, words: Sequence[int]) -> str:
    return "" if column == 0 else ' class="words"' if column in words else ""
