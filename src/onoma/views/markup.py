"""HTML elements of pages: tables, sections, paragraphs and figures; independent of what they contain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from onoma.text.markup import escaped


class ShadedCell(NamedTuple):
    """A table cell with a shaded background.

    Attributes:
        text: text of the cell.
        shade: darkness of the background, from 0 to 1.
    """

    text: str
    shade: float


def table(
    head: Sequence[str], rows: Iterable[Sequence[str | ShadedCell]], *, words: Sequence[int] = (), about: str
) -> str:
    """Return a table whose first column names the rows and whose other columns hold numbers.

    Args:
        head: names of the columns.
        rows: rows with a cell for each column.
        words: indices of columns that hold words instead of numbers, counted from 0.
        about: caption above the table.
    """
    header_cells = "".join(
        f'<th scope="col"{_class_attribute(column, words)}>{escaped(name)}</th>' for column, name in enumerate(head)
    )
    body = "".join(
        "<tr>" + "".join(_cell(cell, column, words) for column, cell in enumerate(row)) + "</tr>\n" for row in rows
    )
    return (
        f'<div class="wide"><table>\n<caption>{escaped(about)}</caption>\n'
        f"<thead><tr>{header_cells}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def section(id: str, title: str, *parts: str) -> str:
    """Return a section of a page, with its heading."""
    return f'<section id="{id}">\n<h2>{escaped(title)}</h2>\n{"".join(parts)}</section>\n'


def paragraph(text: str) -> str:
    """Return a paragraph of plain text."""
    return f"<p>{escaped(text)}</p>\n"


def beside(*parts: str) -> str:
    """Return tables and pictures side by side, if there is room."""
    return f'<div class="beside">\n{"".join(parts)}</div>\n'


def picture(svg: str, *, heading: str = "") -> str:
    """Return an SVG picture as a figure element, with a heading above it if one is given."""
    return f"<figure>{f'<h3>{escaped(heading)}</h3>' if heading else ''}{svg}</figure>\n"


def _cell(cell: str | ShadedCell, column: int, words: Sequence[int]) -> str:
    text, shade = (cell, 0.0) if isinstance(cell, str) else cell
    style = f' style="--shade: {shade:.0%}"' if shade else ""
    if column == 0:
        return f'<th scope="row"><bdi>{escaped(text)}</bdi></th>'
    return f"<td{_class_attribute(column, words)}{style}>{escaped(text)}</td>"


def _class_attribute(column: int, words: Sequence[int]) -> str:
    return "" if column == 0 else ' class="words"' if column in words else ""
