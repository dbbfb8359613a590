"""What a scoring found, as one value that says everything a person or a program needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onoma.metrics.counts import Averages, Counts, Figures, average


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures of predicted entities against gold.

    Attributes:
        exact: same boundaries and label, over all entities (micro).
        surface: distinct surface forms with their label, over the whole data set.
        partial: boundaries alone, with half credit for an overlap.
        labels: the exact counts of every label that gold or predicted has, in alphabetical order.
        documents: gold documents.
        notes: what a reader of the figures should know of the data, one sentence each.
    """

    exact: Counts
    surface: Counts
    partial: Counts
    labels: Mapping[str, Counts] = field(default_factory=dict)
    documents: int = 0
    notes: tuple[str, ...] = ()

    @property
    def macro(self) -> Averages:
        """The exact figures averaged over labels, also over one that is only ever predicted."""
        return average(self.labels.values())

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`; figures are fractions of 1, support and documents are counts."""
        return {
            "exact": _figures(self.exact),
            "surface": _figures(self.surface),
            "partial": _figures(self.partial),
            "macro": _figures(self.macro),
            "labels": {label: {**_figures(counts), "support": counts.support} for label, counts in self.labels.items()},
            "support": self.exact.support,
            "predicted": self.exact.predicted,
            "documents": self.documents,
            "notes": list(self.notes),
        }


def _figures(figures: Figures) -> dict[str, float]:
    return {"precision": figures.precision, "recall": figures.recall, "f1": figures.f1}
