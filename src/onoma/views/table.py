"""Figures -> a table for the terminal. Anything that has the figures of a report will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class SupportedFigures(Figures, Protocol):
    """Figures and the number of gold items behind them."""

    @property
    def support(self) -> int: ...


class Schemes(Protocol):
    """The schemes of SemEval-2013; its strict one is the exact count, and its partial one the partial count."""

    @property
    def exact(self) -> SupportedFigures: ...

    @property
    def type(self) -> SupportedFigures: ...


class F1Interval(Protocol):
    """The bounds of an F1, as fractions of 1."""

    @property
    def f1(self) -> tuple[float, float]: ...


class FigureIntervals(Protocol):
    """Intervals of the exact figures."""

    @property
    def exact(self) -> F1Interval: ...

    @property
    def labels(self) -> Mapping[str, F1Interval]: ...

    @property
    def level(self) -> float: ...


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
    def weighted(self) -> Figures: ...

    @property
    def semeval(self) -> Schemes: ...

    @property
    def words(self) -> SupportedFigures | None: ...

    @property
    def strict_reading(self) -> SupportedFigures | None: ...

    @property
    def labels(self) -> Mapping[str, SupportedFigures]: ...

    @property
    def intervals(self) -> FigureIntervals | None: ...


def report_table(report: Figured, *, title: str | None = None) -> Table:
    """A row for each label, then one for each way to count, in percent; support counts gold items."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("in %")
    for name in ("precision", "recall", "F1", "support"):
        table.add_column(name, justify="right")
    intervals = report.intervals
    if intervals is not None:
        table.add_column(f"F1, {intervals.level:.0%} interval", justify="right")

    def add(name: str, figures: Figures, *, of: F1Interval | None = None, style: str | None = None) -> None:
        support = f"{figures.support:,}" if isinstance(figures, SupportedFigures) else ""
        bounds = [] if of is None else [f"{of.f1[0]:.2%}"[:-1] + " – " + f"{of.f1[1]:.2%}"[:-1]]
        table.add_row(Text(name), *percent(figures), support, *bounds, style=style)

    for label, figures in report.labels.items():
        add(label, figures, of=intervals.labels[label] if intervals else None)
    table.add_section()
    add("exact", report.exact, of=intervals.exact if intervals else None, style="bold")
    if report.strict_reading is not None:
        add("exact, broken tags left out", report.strict_reading)
    add("exact, mean of labels", report.macro)
    add("exact, weighted mean", report.weighted)
    add("surface forms", report.surface)
    add("partial", report.partial)
    add("bounds alone", report.semeval.exact)
    add("label and overlap", report.semeval.type)
    if report.words is not None:
        add("words", report.words)
    return table


def percent(figures: Figures) -> tuple[str, str, str]:
    """Precision, recall and F1 with two decimals."""
    return f"{figures.precision:.2%}"[:-1], f"{figures.recall:.2%}"[:-1], f"{figures.f1:.2%}"[:-1]
