"""A report -> the rows of its table of figures; one for the terminal, the HTML page and the notebook.

This module decides what a row is called, in which order rows appear, and how a figure is written. It does not know what
a table looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from onoma.metrics.counts import Averages, Counts, Figures
from onoma.metrics.intervals import Interval
from onoma.metrics.semeval import Outcomes

if TYPE_CHECKING:  # a report shows these rows in a notebook
    from onoma.metrics.report import Report


class Convention(NamedTuple):
    """A way to count: its name, and what it counts as correct."""

    name: str
    meaning: str


CONVENTIONS: Mapping[str, Convention] = {
    "exact": Convention("exact (micro)", "the same start, end and label; every entity counts once"),
    "strict_reading": Convention(
        "exact, invalid tags excluded",
        "exact (micro), without entities that exist only because invalid tags were repaired (seqeval's strict mode)",
    ),
    "macro": Convention("exact (macro)", "the mean of the labels' figures, every label with the same weight"),
    "weighted": Convention("exact (weighted)", "the mean of the labels' figures, weighted by support"),
    "surface": Convention("surface forms", "each distinct pair of form and label counts once (WNUT 2017)"),
    "partial": Convention("SemEval partial", "the same bounds count 1, an overlap one half, whatever the label"),
    "semeval.exact": Convention("SemEval exact", "the same bounds, whatever the label"),
    "semeval.type": Convention("SemEval type", "an overlap with the same label"),
    "words": Convention("words", "words inside entities, one by one; higher than the others for long entities"),
}
"""Every way to count by its key in :meth:`Report.to_json`, in the order of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One row of a table of figures.

    Attributes:
        name: the label, or the name of the way to count.
        figures: precision, recall and F1.
        support: gold items; None for averages.
        interval: of F1; None where there is none.
        meaning: what counts as correct; empty for a label.
        emphasis: whether the row is the one to look at first.
        section: whether a new group of rows begins here.
    """

    name: str
    figures: Figures
    support: int | None = None
    interval: Interval | None = None
    meaning: str = ""
    emphasis: bool = False
    section: bool = False

    def cells(self) -> tuple[str, str, str, str, str]:
        """Precision, recall and F1 in percent, the support, and the interval of F1; "" for what is not there."""
        support = "" if self.support is None else f"{self.support:,}"
        return (*percents(self.figures), support, "" if self.interval is None else percent_range(self.interval))


def figure_rows(report: Report) -> Iterator[FigureRow]:
    """A row for each label, then one for each way to count."""
    yield from label_rows(report)
    yield from convention_rows(report)


def label_rows(report: Report) -> Iterator[FigureRow]:
    """The exact figures of each label."""
    for label, counts in report.labels.items():
        interval = None if report.intervals is None else report.intervals.labels[label].f1
        yield FigureRow(name=label, figures=counts, support=counts.support, interval=interval)


def convention_rows(report: Report) -> Iterator[FigureRow]:
    """The figures by each way to count; one that the report does not have is left out."""
    figures: dict[str, Counts | Outcomes | Averages | None] = {
        "exact": report.exact,
        "strict_reading": report.strict_reading,
        "macro": report.macro,
        "weighted": report.weighted,
        "surface": report.surface,
        "partial": report.partial,
        "semeval.exact": report.semeval.exact,
        "semeval.type": report.semeval.type,
        "words": report.words,
    }
    for key, (name, meaning) in CONVENTIONS.items():
        of, exact = figures[key], key == "exact"
        if of is not None:
            yield FigureRow(
                name=name,
                figures=of,
                support=None if isinstance(of, Averages) else of.support,
                interval=report.intervals.exact.f1 if exact and report.intervals is not None else None,
                meaning=meaning,
                emphasis=exact,
                section=exact,
            )


def percent(share: float) -> str:
    """A fraction of 1 in percent, with two decimals and without a sign.

    >>> percent(0.12345)
    '12.35'
    """
    return f"{100 * share:.2f}"


def percents(figures: Figures) -> tuple[str, str, str]:
    """Precision, recall and F1 in percent."""
    return percent(figures.precision), percent(figures.recall), percent(figures.f1)


def percent_range(interval: Interval) -> str:
    """An interval in percent."""
    return f"{percent(interval.low)} – {percent(interval.high)}"
