"""Whether one system is better than another on the same texts, or luck would explain as much.

Both tests are paired and two-sided, and ask about micro figures. Randomisation swaps the two systems' answers in each
unit of text by the toss of a coin: if they were alike, such a difference as was seen would come about often. The
bootstrap draws units with replacement and asks how often the difference strays from what was seen by as much as that is
away from nothing.

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
    """Ours less theirs, of one figure.

    Attributes:
        value: in fractions of 1; above 0 where ours is better.
        interval: bootstrap percentile interval.
        randomisation: p-value of paired approximate randomisation.
        bootstrap: p-value of the paired bootstrap.
    """

    value: float
    interval: Interval
    randomisation: float
    bootstrap: float

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`."""
        return {
            "difference": self.value,
            "interval": list(self.interval),
            "p_randomisation": self.randomisation,
            "p_bootstrap": self.bootstrap,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedComparison:
    """Two systems on the same gold.

    Attributes:
        unit: what was swapped and resampled.
        units: how many there are.
        differing: in how many of them the two have other counts.
        level: of the intervals.
        rounds: of each test.
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
        """Plain values for :func:`json.dumps`."""
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
    """Test whether two systems differ in exact micro figures.

    Raises:
        InputError: the two samples are not of the same gold.
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
"""Equal differences count as equal whatever the order in which they were added up."""


def _same_gold(ours: Sample, theirs: Sample) -> bool:
    gold = [sample.counts[:, :, 2].sum(axis=1) for sample in (ours, theirs)]
    return ours.unit == theirs.unit and np.array_equal(*gold)


def _difference(both: NDArray[np.integer] | NDArray[np.floating]) -> NDArray[np.float64]:
    """Ours less theirs in precision, recall and F1: ``[..., 2, 3]`` to ``[..., 3]``."""
    of = figures(both)
    less: NDArray[np.float64] = of[..., 0, :] - of[..., 1, :]
    return less


def _swapped(both: NDArray[np.int64], *, rounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The differences after each unit's answers were swapped, or not, at random; units with one answer do not count."""
    moves = both[:, 1] - both[:, 0]
    distinct, times = np.unique(moves[moves.any(axis=1)], axis=0, return_counts=True)
    gained = rng.binomial(times, 0.5, size=(rounds, len(times))) @ distinct
    ours, theirs = both.sum(axis=0)
    return _difference(np.stack([ours + gained, theirs - gained], axis=1))


def _share(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of rounds, what was seen being one more of them, so that no p-value is 0."""
    share: NDArray[np.float64] = (1 + hits.sum(axis=0)) / (1 + len(hits))
    return share
