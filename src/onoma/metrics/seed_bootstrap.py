"""Mean F1 over runs with several seeds on the same texts: its interval, and a test of the difference between systems.

Both the test texts and the randomness of training are samples, so the bootstrap draws both with replacement: units of
text, the same ones for all runs, and seeds, the same ones for both systems.

Source: Efron and Tibshirani 1993, chapters 13 and 16; for the two levels Davison and Hinkley 1997, section 3.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.errors import InputError
from onoma.metrics.intervals import LEVEL, Interval, middle, resample
from onoma.metrics.sample import figures

ROUNDS = 2_000

Runs = Sequence[NDArray[np.int64]]
"""For each run, the numbers of correct, predicted and gold entities of each unit of text, ``[units, 3]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsDifference:
    """Difference between two systems in mean F1 over seeds: ours minus theirs.

    Attributes:
        value: difference as a fraction of 1; positive if ours is better.
        interval: bootstrap percentile interval.
        p: two-sided p-value: how often a resampled difference deviates from the observed one by at least the size of
            the observed one.
    """

    value: float
    interval: Interval
    p: float


def mean_f1_interval(runs: Runs, *, level: float = LEVEL, rounds: int = ROUNDS, seed: int = 0) -> Interval:
    """Return the bootstrap interval of the mean F1 of several runs."""
    rng = np.random.default_rng(seed)
    resampled = _resample_seeds(_resample_f1(runs, rounds=rounds, rng=rng), rng=rng)
    low, high = middle(resampled, level=level).clip(0, 1)
    return Interval(float(low), float(high))


def compare_over_seeds(
    ours: Runs, theirs: Runs, *, level: float = LEVEL, rounds: int = ROUNDS, seed: int = 0
) -> SeedsDifference:
    """Test whether two systems differ in their mean F1.

    The same units of text are drawn for both systems. If they divide the text into different units, as with another
    setting of `data.documents`, the units of each are drawn by themselves, and only larger differences can be shown.

    Args:
        ours, theirs: one run for each seed, in the same order of seeds.
        level: confidence level of the interval.
        rounds: number of bootstrap rounds.
        seed: random seed of the bootstrap.

    Raises:
        InputError: the runs were not scored on the same gold entities.
    """
    gold = [run[:, 2] for run in (*ours, *theirs)]
    if any(each.sum() != gold[0].sum() for each in gold):
        raise InputError("the systems were not scored on the same gold entities; score all on one file")
    rng = np.random.default_rng(seed)
    if all(np.array_equal(each, gold[0]) for each in gold):
        f1 = _resample_f1([*ours, *theirs], rounds=rounds, rng=rng)
        differences = f1[:, : len(ours)] - f1[:, len(ours) :]
    else:
        differences = _resample_f1(ours, rounds=rounds, rng=rng) - _resample_f1(theirs, rounds=rounds, rng=rng)
    resampled = _resample_seeds(differences, rng=rng)
    value = float(np.mean(_compute_f1(ours) - _compute_f1(theirs)))
    low, high = middle(resampled, level=level)
    extreme = np.abs(resampled - value) >= abs(value) - _TOLERANCE
    return SeedsDifference(
        value=value, interval=Interval(float(low), float(high)), p=float((1 + extreme.sum()) / (1 + rounds))
    )


_TOLERANCE = 1e-12
"""Tolerance of comparisons between differences, so that the order of summation does not matter."""


def _compute_f1(runs: Runs) -> NDArray[np.float64]:
    return figures(np.stack([run.sum(axis=0) for run in runs]))[:, 2]


def _resample_f1(runs: Runs, *, rounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the F1 of each run on the units drawn in each round, ``[rounds, runs]``."""
    return figures(resample(np.stack(runs, axis=1), resamples=rounds, rng=rng))[..., 2]


def _resample_seeds(values: NDArray[np.float64], *, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the mean of each round over seeds drawn with replacement: ``[rounds, seeds]`` to ``[rounds]``.

    The variance of means of n values drawn with replacement is only (n - 1) / n of the variance of means of n new
    values. The deviations are scaled to correct this, because the effect is large if n is small.
    """
    rounds, seeds = values.shape
    mean: NDArray[np.float64] = values.mean(axis=1)
    resampled = np.take_along_axis(values, rng.integers(seeds, size=(rounds, seeds)), axis=1).mean(axis=1)
    rescaled: NDArray[np.float64] = mean + (resampled - mean) * np.sqrt(seeds / max(1, seeds - 1))
    return rescaled
