"""A row of a table of figures: what it is called, what it holds, and how a figure is written.

The terminal, the HTML page and the notebook use the same rows. This module does not know what a table looks like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from onoma.metrics.counts import Figures
from onoma.metrics.intervals import Interval


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
