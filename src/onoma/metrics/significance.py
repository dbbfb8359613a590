"""Significance tests of the difference between two systems on the same texts.

Both tests are paired and two-sided, and compare micro precision, recall and F1. Approximate randomisation swaps the
predictions of the two systems in each unit of text with probability 0.5; its p-value is the share of rounds whose
difference is at least as large as the observed one. The bootstrap draws units with replacement; its p-value is the
share of rounds whose difference deviates from the observed one by at least the size of the observed one.

Source: Noreen 1989; Yeh 2000, https://aclanthology.org/C00-2137; Efron and Tibshirani 1993, chapter 16;
Berg-Kirkpatrick et al. 2012, https://aclanthology.org/D12-1091.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.errors import InputError
from onoma.metrics.intervals import LEVEL, Interval, middle, resample
from onoma.metrics.sample import Sample, Unit, figures

ROUNDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Difference between two systems in one metric: ours minus theirs.

    Attributes:
        value: difference as a fraction of 1; positive if ours is better.
        interval: bootstrap percentile interval.
        randomisation: p-value of paired approximate randomisation.
        bootstrap: p-value of the paired bootstrap.
    """

    value: float
    interval: Interval
    randomisation: float
    bootstrap: float

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return {
            "difference": self.value,
            "interval": list(self.interval),
            "p_randomisation": self.randomisation,
            "p_bootstrap": self.bootstrap,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedComparison:
    """Paired comparison of two systems on the same gold entities.

    Attributes:
        unit: unit of text that is swapped and resampled.
        units: number of units.
        differing: number of units in which the counts of the two systems differ.
        level: confidence level of the intervals.
        rounds: number of rounds of each test.
    """

    precision: Difference
    recall: Difference
    f1: Difference
    unit: Unit
    units: int
    differing: int
    level: float
    rounds: int

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return {
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "f1": self.f1.to_json(),
            "unit": self.unit,
            "units": self.units,
            "differing": self.differing,
            "level": self.level,
            "rounds": self.rounds,
        }


def compare(
    ours: Sample, theirs: Sample, *, level: float = LEVEL, rounds: int = ROUNDS, seed: int = 0
) -> PairedComparison:
    """Test whether two systems differ in exact micro precision, recall and F1.

    Raises:
        InputError: the two samples do not have the same gold entities.
    """
    if not _same_gold(ours, theirs):
        raise InputError("the two systems were not scored on the same gold entities; score both on one file")
    both = np.stack([ours.counts.sum(axis=1), theirs.counts.sum(axis=1)], axis=1)
    rng = np.random.default_rng(seed)
    seen = _difference(both.sum(axis=0))
    swapped = _swapped(both, rounds=rounds, rng=rng)
    drawn = _difference(resample(both, resamples=rounds, rng=rng))
    bounds = middle(drawn, level=level)
    chance = _share(np.abs(swapped) >= np.abs(seen) - _ROUNDING)
    stray = _share(np.abs(drawn - seen) >= np.abs(seen) - _ROUNDING)
    precision, recall, f1 = (
        Difference(
            value=float(seen[index]),
            interval=Interval(float(bounds[0, index]), float(bounds[1, index])),
            randomisation=float(chance[index]),
            bootstrap=float(stray[index]),
        )
        for index in range(3)
    )
    return PairedComparison(
        precision=precision,
        recall=recall,
        f1=f1,
        unit=ours.unit,
        units=ours.units,
        differing=int((both[:, 0] != both[:, 1]).any(axis=1).sum()),
        level=level,
        rounds=rounds,
    )


_ROUNDING = 1e-12
"""Tolerance of comparisons between differences, so that the order of summation does not matter."""


def _same_gold(ours: Sample, theirs: Sample) -> bool:
    gold = [sample.counts[:, :, 2].sum(axis=1) for sample in (ours, theirs)]
    return ours.unit == theirs.unit and np.array_equal(*gold)


def _difference(both: NDArray[np.integer] | NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ours minus theirs in precision, recall and F1: ``[..., 2, 3]`` to ``[..., 3]``."""
    of = figures(both)
    less: NDArray[np.float64] = of[..., 0, :] - of[..., 1, :]
    return less


def _swapped(both: NDArray[np.int64], *, rounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the differences after swapping the counts of the two systems at random in each unit: ``[rounds, 3]``.

    Units with equal counts are skipped, because swapping does not change them.
    """
    moves = both[:, 1] - both[:, 0]
    distinct, times = np.unique(moves[moves.any(axis=1)], axis=0, return_counts=True)
    gained = rng.binomial(times, 0.5, size=(rounds, len(times))) @ distinct
    ours, theirs = both.sum(axis=0)
    return _difference(np.stack([ours + gained, theirs - gained], axis=1))


def _share(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of rounds that are hits, counting the observed result as one more, so that no p-value is 0."""
    share: NDArray[np.float64] = (1 + hits.sum(axis=0)) / (1 + len(hits))
    return share
