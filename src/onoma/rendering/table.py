"""Figures -> a table for the terminal. Anything that has the figures of a report will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rich import box
from rich.table import Table
from rich.text import Text


class Figures(Protocol):
    """A precision, a recall and an F1, as fractions of 1."""

    @property
    def precision(self) -> float: ...

    @property
    def recall(self) -> float: ...

    @property
    def f1(self) -> float: ...


class SupportedFigures(Figures, Protocol):
    """Figures and the number of gold items behind them."""

    @property
    def support(self) -> int: ...


class Figured(Protocol):
    """What a table needs of a report."""

    @property
    def exact(self) -> SupportedFigures: ...

    @property
    def surface(self) -> SupportedFigures: ...

    @property
    def partial(self) -> SupportedFigures: ...

    @property
    def macro(self) -> Figures: ...

    @property
    def labels(self) -> Mapping[str, SupportedFigures]: ...


def report_table(report: Figured, *, title: str | None = None) -> Table:
    """A row for each label, then one for each way to count, in percent; support counts gold items."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("in %")
    for name in ("precision", "recall", "F1", "support"):
        table.add_column(name, justify="right")
    for label, figures in report.labels.items():
        table.add_row(Text(label), *_percent(figures), f"{figures.support:,}")
    table.add_section()
    table.add_row("exact", *_percent(report.exact), f"{report.exact.support:,}", style="bold")
    table.add_row("exact, mean of labels", *_percent(report.macro), "")
    table.add_row("surface forms", *_percent(report.surface), f"{report.surface.support:,}")
    table.add_row("partial", *_percent(report.partial), f"{report.partial.support:,}")
    return table


def _percent(figures: Figures) -> tuple[str, str, str]:
    return f"{figures.precision:.2%}"[:-1], f"{figures.recall:.2%}"[:-1], f"{figures.f1:.2%}"[:-1]
