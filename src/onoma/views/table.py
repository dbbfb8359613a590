"""Tables for the terminal: the layout that all of them share, and the scores of a report.

Cells are shown literally; rich would otherwise interpret ``[b]`` in a label as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from onoma.io.terminal import visible
from onoma.metrics import Report, figure_rows


def report_table(report: Report, *, title: str | None = None) -> Table:
    """Return a table with the scores of each label and scoring convention, in percent; support counts gold items."""
    names = ["in %", "precision", "recall", "F1", "support"]
    if report.intervals is not None:
        names.append(f"F1, {report.intervals.level:.0%} interval")
    rows = list(figure_rows(report))
    table = plain_table(names, [(row.name, *row.cells())[: len(names)] for row in rows], title=title)
    for table_row, row in zip(table.rows, rows, strict=True):
        table_row.style = "bold" if row.emphasis else None
    for table_row, (_, next_row) in zip(table.rows, pairwise(rows), strict=False):
        table_row.end_section = next_row.section
    return table


def plain_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: Sequence[int] = (),
    title: str | None = None,
    caption: str | None = None,
) -> Table:
    """Return a table whose first column names the rows and whose other columns hold numbers.

    In a narrow terminal, names, words and the head are wrapped, but numbers are not.

    Args:
        head: names of the columns.
        rows: rows with a cell for each column.
        words: indices of columns that hold words instead of numbers, counted from 0.
        title: text above the table.
        caption: text below the table.
    """
    table = Table(
        title=None if title is None else literal(title),
        caption=None if caption is None else literal(caption),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for column, name in enumerate(head):
        is_numeric = column > 0 and column not in words
        longest_word = max((cell_len(word) for row in rows for word in row[column].split()), default=0)
        table.add_column(
            literal(name),
            justify="right" if is_numeric else "left",
            overflow="fold",
            min_width=longest_word if is_numeric else None,
        )
    for row in rows:
        table.add_row(*map(literal, row))
    return table


def literal(text: str) -> Text:
    """Return text that is shown literally, without markup and with control characters as visible symbols."""
    return Text(visible(text))
