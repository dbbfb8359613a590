"""Mean F1 over runs with several seeds on the same texts: how far it would vary, and whether two systems differ.

Both what is tested on and what chance did in training vary, so the bootstrap draws both with replacement: units of
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
"""Of each run the correct, predicted and gold entities of each unit of text, ``[units, 3]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsDifference:
    """Mean F1 of ours less that of theirs.

    Attributes:
        value: in fractions of 1; above 0 where ours is better.
        interval: bootstrap percentile interval.
        p: two-sided: how often the difference strays from what was seen by as much as that is away from nothing.
    """

    value: float
    interval: Interval
    p: float


def mean_f1_interval(runs: Runs, *, level: float = LEVEL, rounds: int = ROUNDS, seed: int = 0) -> Interval:
    """The interval of the mean F1 of some runs."""
    rng = np.random.default_rng(seed)
    drawn = _drawn_seeds(_drawn_f1(runs, rounds=rounds, rng=rng), rng=rng)
    low, high = middle(drawn, level=level)
    return Interval(float(low), float(high))


def compare_over_seeds(
    ours: Runs, theirs: Runs, *, level: float = LEVEL, rounds: int = ROUNDS, seed: int = 0
) -> SeedsDifference:
    """Test whether two systems differ in their mean F1.

    Args:
        ours, theirs: a run for each seed, in the same order of seeds.
        level: of the interval.
        rounds: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        InputError: the runs were not scored on the same gold entities.
    """
    gold = [run[:, 2] for run in (*ours, *theirs)]
    if any(not np.array_equal(each, gold[0]) for each in gold):
        raise InputError("the systems were not scored on the same gold entities; score all on one file")
    rng = np.random.default_rng(seed)
    f1 = _drawn_f1([*ours, *theirs], rounds=rounds, rng=rng)
    drawn = _drawn_seeds(f1[:, : len(ours)] - f1[:, len(ours) :], rng=rng)
    value = float(np.mean(_f1(ours) - _f1(theirs)))
    low, high = middle(drawn, level=level)
    stray = np.abs(drawn - value) >= abs(value) - _ROUNDING
    return SeedsDifference(
        value=value, interval=Interval(float(low), float(high)), p=float((1 + stray.sum()) / (1 + rounds))
    )


_ROUNDING = 1e-12
"""Equal differences count as equal whatever the order in which they were added up."""


def _f1(runs: Runs) -> NDArray[np.float64]:
    return figures(np.stack([run.sum(axis=0) for run in runs]))[:, 2]


def _drawn_f1(runs: Runs, *, rounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The F1 of each run on the units of each round, ``[rounds, runs]``."""
    return figures(resample(np.stack(runs, axis=1), resamples=rounds, rng=rng))[..., 2]


def _drawn_seeds(values: NDArray[np.float64], *, rng: np.random.Generator) -> NDArray[np.float64]:
    """The mean of each round's values of seeds drawn with replacement: ``[rounds, seeds]`` to ``[rounds]``.

    Drawn means of n values vary by n - 1 nths of what means of n new values would, which is much where n is small.
    """
    rounds, seeds = values.shape
    mean: NDArray[np.float64] = values.mean(axis=1)
    drawn = np.take_along_axis(values, rng.integers(seeds, size=(rounds, seeds)), axis=1).mean(axis=1)
    stretched: NDArray[np.float64] = mean + (drawn - mean) * np.sqrt(seeds / max(1, seeds - 1))
    return stretched
