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
from onoma.metrics.intervals import LEVEL, Interval, percentile_bounds, resample
from onoma.metrics.sample import Sample, Unit, figures

ROUNDS = 10_000

TOLERANCE = 1e-12
"""Tolerance of comparisons between differences, so that the order of summation does not matter."""


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
    if not _have_same_gold(ours, theirs):
        raise InputError("the two systems were not scored on the same gold entities; score both on one file")
    paired_counts = np.stack([ours.counts.sum(axis=1), theirs.counts.sum(axis=1)], axis=1)
    rng = np.random.default_rng(seed)
    observed = _compute_difference(paired_counts.sum(axis=0))
    randomised = _swap_units(paired_counts, rounds=rounds, rng=rng)
    resampled = _compute_difference(resample(paired_counts, resamples=rounds, rng=rng))
    bounds = percentile_bounds(resampled, level=level)
    randomisation_p = _compute_p_values(np.abs(randomised) >= np.abs(observed) - TOLERANCE)
    bootstrap_p = _compute_p_values(np.abs(resampled - observed) >= np.abs(observed) - TOLERANCE)
    precision, recall, f1 = (
        Difference(
            value=float(observed[index]),
            interval=Interval(float(bounds[0, index]), float(bounds[1, index])),
            randomisation=float(randomisation_p[index]),
            bootstrap=float(bootstrap_p[index]),
        )
        for index in range(3)
    )
    return PairedComparison(
        precision=precision,
        recall=recall,
        f1=f1,
        unit=ours.unit,
        units=ours.units,
        differing=int((paired_counts[:, 0] != paired_counts[:, 1]).any(axis=1).sum()),
        level=level,
        rounds=rounds,
    )


def _have_same_gold(ours: Sample, theirs: Sample) -> bool:
    gold = [sample.counts[:, :, 2].sum(axis=1) for sample in (ours, theirs)]
    return ours.unit == theirs.unit and np.array_equal(*gold)


def _compute_difference(paired_counts: NDArray[np.integer] | NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ours minus theirs in precision, recall and F1: ``[..., 2, 3]`` to ``[..., 3]``."""
    metrics = figures(paired_counts)
    difference: NDArray[np.float64] = metrics[..., 0, :] - metrics[..., 1, :]
    return difference


def _swap_units(paired_counts: NDArray[np.int64], *, rounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the differences after swapping the counts of the two systems at random in each unit: ``[rounds, 3]``.

    Units with equal counts are skipped, because swapping does not change them.
    """
    deltas = paired_counts[:, 1] - paired_counts[:, 0]
    distinct, frequencies = np.unique(deltas[deltas.any(axis=1)], axis=0, return_counts=True)
    shifts = rng.binomial(frequencies, 0.5, size=(rounds, len(frequencies))) @ distinct
    ours, theirs = paired_counts.sum(axis=0)
    return _compute_difference(np.stack([ours + shifts, theirs - shifts], axis=1))


def _compute_p_values(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of rounds that are hits, counting the observed result as one more, so that no p-value is 0."""
    p_values: NDArray[np.float64] = (1 + hits.sum(axis=0)) / (1 + len(hits))
    return p_values
