"""Bootstrap percentile intervals: how much metrics would vary over other samples of texts.

Units of text are drawn with replacement, as many as there are, and the metrics are computed again; the interval
contains the middle share of the results. Units with equal counts are drawn together, by multinomial weights.

Source: Efron 1979; Efron and Tibshirani 1993, chapter 13.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.counting import counted
from onoma.metrics.sample import Sample, Unit, figures

RESAMPLES = 1000
LEVEL = 0.95

_MAX_WEIGHTS = 2_000_000
"""Maximum number of weights in memory at once."""


class Interval(NamedTuple):
    """Interval from ``low`` to ``high``, as fractions of 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureIntervals:
    """Intervals of precision, recall and F1."""

    precision: Interval
    recall: Interval
    f1: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Bootstrap intervals of a report.

    Attributes:
        exact: intervals of the micro metrics.
        labels: intervals of the metrics of each label.
        unit: unit of text that was resampled.
        units: number of units.
        level: share of the resamples that an interval contains.
        resamples: number of resamples.
    """

    exact: FigureIntervals
    labels: Mapping[str, FigureIntervals]
    unit: Unit
    units: int
    level: float
    resamples: int

    @property
    def resampled(self) -> str:
        """What was resampled, such as "30 documents"."""
        return counted(self.units, self.unit.removesuffix("s"))

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return asdict(self)


def bootstrap(sample: Sample, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Intervals:
    """Compute the intervals of precision, recall and F1, micro and for each label."""
    resampled = resample(sample.counts, resamples=resamples, rng=np.random.default_rng(seed))
    micro = percentile_bounds(figures(resampled.sum(axis=1)), level=level)
    by_label = percentile_bounds(figures(resampled), level=level)
    return Intervals(
        exact=_build_intervals(micro),
        labels={label: _build_intervals(by_label[:, index]) for index, label in enumerate(sample.labels)},
        unit=sample.unit,
        units=sample.units,
        level=level,
        resamples=resamples,
    )


def resample(counts: NDArray[np.int64], *, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return sums of counts over units drawn with replacement: ``[units, ...]`` to ``[resamples, ...]``."""
    units = len(counts)
    shape = (resamples, *counts.shape[1:])
    if not counts.size:
        return np.zeros(shape)
    distinct, repeats = np.unique(counts.reshape(units, -1), axis=0, return_counts=True)
    rows = distinct.astype(np.float64)
    sums = [weights @ rows for weights in _draw_weights(repeats, resamples=resamples, rng=rng)]
    return np.concatenate(sums).reshape(shape)


def percentile_bounds(values: NDArray[np.float64], *, level: float) -> NDArray[np.float64]:
    """Return the bounds of the middle share of values along the first axis: ``[resamples, ...]`` to ``[2, ...]``."""
    tail = (1 - level) / 2
    bounds: NDArray[np.float64] = np.quantile(values, [tail, 1 - tail], axis=0)
    return bounds


def _draw_weights(
    repeats: NDArray[np.int64], *, resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    batch_size = max(1, _MAX_WEIGHTS // len(repeats))
    for start in range(0, resamples, batch_size):
        yield rng.multinomial(repeats.sum(), repeats / repeats.sum(), size=min(batch_size, resamples - start))


def _build_intervals(bounds: NDArray[np.float64]) -> FigureIntervals:
    precision, recall, f1 = (Interval(float(low), float(high)) for low, high in bounds.T)
    return FigureIntervals(precision=precision, recall=recall, f1=f1)
