"""Rows of a table of metrics: their names, their contents, and the formatting of metrics.

The terminal, the HTML page and the notebook use the same rows. This module does not draw tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from onoma.metrics.counts import Figures
from onoma.metrics.intervals import Interval


class Convention(NamedTuple):
    """A counting convention: its name, and what it counts as correct."""

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
"""Counting conventions by their key in :meth:`Report.to_json`, in the order of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One row of a table of metrics.

    Attributes:
        name: the label, or the name of the counting convention.
        figures: precision, recall and F1.
        support: number of gold items; None for averages.
        interval: interval of F1; None if there is none.
        meaning: what counts as correct; empty for a label.
        emphasis: whether to emphasise the row as the most important one.
        section: whether a new group of rows begins with this row.
    """

    name: str
    figures: Figures
    support: int | None = None
    interval: Interval | None = None
    meaning: str = ""
    emphasis: bool = False
    section: bool = False

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return precision, recall and F1 in percent, the support, and the interval of F1; "" for missing values."""
        support = "" if self.support is None else f"{self.support:,}"
        return (*percents(self.figures), support, "" if self.interval is None else percent_range(self.interval))


def percent(share: float) -> str:
    """Format a fraction of 1 in percent, with two decimals and without a percent sign.

    >>> percent(0.12345)
    '12.35'
    """
    return f"{100 * share:.2f}"


def percents(figures: Figures) -> tuple[str, str, str]:
    """Format precision, recall and F1 in percent."""
    return percent(figures.precision), percent(figures.recall), percent(figures.f1)


def percent_range(interval: Interval) -> str:
    """Format an interval in percent."""
    return f"{percent(interval.low)} – {percent(interval.high)}"
