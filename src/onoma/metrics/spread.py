"""Reports of runs that differ in their seed alone -> mean and deviation of their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from onoma.metrics.counts import Figures

if TYPE_CHECKING:  # a report holds what this module makes
    from onoma.metrics.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean and sample standard deviation (over n - 1) of one figure; the deviation of a single run is 0."""

    mean: float
    deviation: float


def spread(reports: Sequence[Report]) -> Mapping[str, Mapping[str, Spread]]:
    """Exact, surface, partial and macro figures over runs.

    Args:
        reports: at least one.
    """
    rows: dict[str, list[Figures]] = {
        "exact": [report.exact for report in reports],
        "surface": [report.surface for report in reports],
        "partial": [report.partial for report in reports],
        "macro": [report.macro for report in reports],
    }
    return {
        name: {
            "precision": _spread([of.precision for of in figures]),
            "recall": _spread([of.recall for of in figures]),
            "f1": _spread([of.f1 for of in figures]),
        }
        for name, figures in rows.items()
    }


def _spread(values: Sequence[float]) -> Spread:
    return Spread(mean=fmean(values), deviation=stdev(values) if len(values) > 1 else 0.0)
