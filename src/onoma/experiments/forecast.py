"""F1 at some sizes of the training text to F1 at larger ones: a power law with what is known of such curves.

The error falls as ``floor + scale * size ** -exponent``. Three sizes do not say three numbers well, so all curves of a
grid are weighed by how well they fit, times how common such curves are, and the forecast is what the weighed curves
say. Its interval also has what one more run strays by. Runs stray by chance and by which sentences they learn from, and
so the more the fewer these are: their variance is taken to fall with the size.

Source: the law as in Hestness et al. 2017, https://arxiv.org/abs/1712.00409; for classifiers Figueroa et al. 2012,
https://doi.org/10.1186/1472-6947-12-8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from onoma.errors import InputError

FEWEST_SIZES = 3
LEVEL = 0.95

_EXPONENT, _EXPONENT_SPREAD = np.log(0.28), 0.5
"""The natural logarithm of the exponent: where it commonly is, and its standard deviation."""

_FLOOR, _LARGEST_FLOOR = 0.15, 0.6
"""Floors are the rarer the higher they are, by a factor of e with each of the first."""

_MISFIT = 0.008
"""What a measured mean is away from the best curve, apart from chance: the law is one of many that could hold."""

_DEVIATION_AT, _DEVIATION, _WORTH = 100, 0.03, 4
"""The standard deviation of runs commonly seen at a size, which counts like so many runs beside those given."""

_NEGLIGIBLE = 1e-7


@dataclass(frozen=True, slots=True)
class Forecast:
    """F1 at a size, fractions of 1.

    Attributes:
        sentences: the size.
        f1: the weighed mean of the curves.
        low, high: between which a run of this size is expected, by the level of the interval.
    """

    sentences: int
    f1: float
    low: float
    high: float


def forecast(runs: Mapping[int, Sequence[float]], sizes: Sequence[int], *, level: float = LEVEL) -> list[Forecast]:
    """Forecast F1 at some sizes.

    Args:
        runs: F1 of one or several runs, fractions of 1, by sentences that they learnt from.
        sizes: where it is wanted.
        level: the share of runs that an interval is to hold.

    Raises:
        InputError: there are fewer than three sizes.
    """
    if len(runs) < FEWEST_SIZES:
        raise InputError(f"a forecast needs runs of at least {FEWEST_SIZES} sizes, not {len(runs)}")
    known = np.array(sorted(runs), dtype=np.float64)
    error = np.array([1 - fmean(runs[int(size)]) for size in known])
    variance = _variance(runs)
    counts = np.array([len(runs[int(size)]) for size in known])
    spread = np.sqrt(variance / known / counts + _MISFIT**2)
    reference = float(np.exp(np.log(known).mean()))
    curves = _grid(error)
    weight = _weights(curves, error, at=known / reference, spread=spread)
    counting = weight > _NEGLIGIBLE * weight.max()
    curves, weight = curves[counting], weight[counting] / weight[counting].sum()
    return [
        _forecast(
            size,
            _errors(curves, np.array([size / reference]))[:, 0],
            weight,
            noise=float(np.sqrt(variance / size + _MISFIT**2)),
            level=level,
        )
        for size in sizes
    ]


def _variance(runs: Mapping[int, Sequence[float]]) -> float:
    """The variance of a run times its size, from the given runs and what is commonly seen."""
    squares = _WORTH * _DEVIATION**2 * _DEVIATION_AT
    for size, each in runs.items():
        values = np.asarray(each)
        squares += size * float(((values - values.mean()) ** 2).sum())
    return squares / (_WORTH + sum(len(each) - 1 for each in runs.values()))


def _grid(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Curves, ``[curves, 3]``: the floor, the error above it at the middle of the known sizes, and the exponent."""
    floors = np.linspace(0, min(_LARGEST_FLOOR, float(error.min())), 40)
    heights = np.linspace(0, float(error.max()), 160)
    exponents = np.exp(_EXPONENT + _EXPONENT_SPREAD * np.linspace(-3, 3, 40))
    return np.stack(np.meshgrid(floors, heights, exponents, indexing="ij"), axis=-1).reshape(-1, 3)


def _errors(curves: NDArray[np.float64], relative: NDArray[np.float64]) -> NDArray[np.float64]:
    """The errors of curves at sizes relative to the middle of the known ones, ``[curves, sizes]``."""
    floor, height, exponent = (column[:, None] for column in curves.T)
    errors: NDArray[np.float64] = floor + height * relative[None, :] ** -exponent
    return errors


def _weights(
    curves: NDArray[np.float64], error: NDArray[np.float64], *, at: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much each curve counts, in sum 1; the grid is even in the floor and in the logarithm of the exponent."""
    errors = _errors(curves, at)
    fit = -0.5 * (((errors - error) / spread) ** 2).sum(axis=1)
    common = -0.5 * ((np.log(curves[:, 2]) - _EXPONENT) / _EXPONENT_SPREAD) ** 2 - curves[:, 0] / _FLOOR
    possible = np.where(errors.max(axis=1) <= 1, 0.0, -np.inf)
    logarithm = fit + common + possible
    weight = np.exp(logarithm - logarithm.max())
    shares: NDArray[np.float64] = weight / weight.sum()
    return shares


def _forecast(
    size: int, errors: NDArray[np.float64], weight: NDArray[np.float64], *, noise: float, level: float
) -> Forecast:
    """The mean of the curves at a size, and the middle share of what runs there may reach."""
    steps = np.linspace(-3, 3, 25)
    chance = np.exp(-0.5 * steps**2)
    values = (1 - errors[:, None] + noise * steps).ravel()
    weights = (weight[:, None] * (chance / chance.sum())).ravel()
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    low, high = (float(values[order][np.searchsorted(below, share)]) for share in ((1 - level) / 2, (1 + level) / 2))
    return Forecast(size, float(1 - (weight * errors).sum()), max(0.0, low), min(1.0, high))
