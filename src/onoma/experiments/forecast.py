"""Forecast of F1 at larger training sizes from F1 at smaller ones, by a power law with priors on its parameters.

The error is modelled as ``floor + scale * size ** -exponent``. Three sizes do not determine three parameters well.
Therefore all curves of a grid are weighted by their likelihood times their prior. The forecast is the weighted mean.
Its interval also includes the deviation of a single new run. Runs vary by chance and with the sentences that they are
trained on, the more the fewer these are: this variance is assumed to be inversely proportional to the size. On a small
dev set they vary more: chance decides whether one of its entities is found, and those of a document are often found or
missed together. This variance is assumed to be proportional to the error.

The smallest sizes are set aside while nothing has been learnt there. If the weighted mean is far from a measured mean,
F1 does not follow a power law, and there is no forecast.

Source: the law as in Hestness et al. 2017, https://arxiv.org/abs/1712.00409; for classifiers Figueroa et al. 2012,
https://doi.org/10.1186/1472-6947-12-8.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from onoma.errors import InputError

FEWEST_SIZES = 3
LEVEL = 0.95

_LOG_EXPONENT_MEAN, _LOG_EXPONENT_DEVIATION = np.log(0.28), 0.5
"""Prior of the natural logarithm of the exponent: mean and standard deviation of a normal distribution."""

_FLOOR_SCALE, _MAX_FLOOR = 0.15, 0.6
"""Prior of the floor: scale of an exponential distribution, and upper bound."""

_MISFIT = 0.008
"""Standard deviation of a measured mean from the best curve, apart from chance; a power law only approximates it."""

_TRAINING_VARIANCE = 100 * 0.02**2
"""Variance of runs apart from that of a small dev set, times the number of training sentences."""

_ENTITY_VARIANCE, _DOCUMENT_VARIANCE = 0.2, 0.01
"""Variance of runs due to a small dev set, per error, times its number of entities and of documents.

All three variances were estimated from models of BC5CDR and wikigold, on random parts of their test sets.
"""

_PRIOR_DEGREES = 4
"""Weight of the assumed variances beside the measured one, in degrees of freedom."""

_NOTHING_LEARNT = 0.01
"""Mean F1 below which the smallest sizes are set aside: a power law only applies once something has been learnt."""

_MAX_RESIDUAL = 3.0
"""Largest distance of a measured mean from the weighted mean of the curves, in its standard deviations."""

_NEGLIGIBLE = 1e-7
_ERROR_BINS = 5_000
"""Number of bins for errors from 0 to 1 when intervals are computed."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecast of F1 at a training size, in fractions of 1.

    Attributes:
        sentences: number of training sentences.
        f1: weighted mean of the curves.
        low, high: lower and upper bound of the interval in which a run of this size is expected.
    """

    sentences: int
    f1: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DevSize:
    """Size of a dev set.

    Attributes:
        entities: number of gold entities.
        documents: effective number of documents: of as many documents with equally many entities, F1 would vary as
            much (Kish 1965, "Survey sampling", section 8.2).
    """

    entities: float = math.inf
    documents: float = math.inf

    @classmethod
    def of(cls, entities: Iterable[int]) -> DevSize:
        """Return the size of a dev set from the number of gold entities of each document."""
        counts = list(entities)
        if not any(counts):
            return cls(1, 1)
        return cls(sum(counts), sum(counts) ** 2 / sum(count**2 for count in counts))


_UNLIMITED = DevSize()


def forecast(
    runs: Mapping[int, Sequence[float]],
    sizes: Sequence[int],
    *,
    dev: DevSize = _UNLIMITED,
    level: float = LEVEL,
) -> list[Forecast]:
    """Forecast F1 at other training sizes.

    Args:
        runs: F1 of one or more runs, in fractions of 1, by number of training sentences.
        sizes: numbers of training sentences to forecast F1 at.
        dev: size of the dev set that F1 was measured on.
        level: share of runs that an interval should contain.

    Raises:
        InputError: fewer than three sizes can be used, or F1 does not follow a power law.
    """
    runs = _usable(runs)
    known_sizes = np.array(sorted(runs), dtype=np.float64)
    error = np.array([1 - fmean(runs[int(size)]) for size in known_sizes])
    assumed = _assumed_variance(known_sizes, error, dev)
    factor = _variance_factor(runs, assumed)
    counts = np.array([len(runs[int(size)]) for size in known_sizes])
    deviations = np.sqrt(factor * assumed / counts + _MISFIT**2)
    reference = float(np.exp(np.log(known_sizes).mean()))
    curves = _grid(error)
    weight = _weights(curves, error, relative_sizes=known_sizes / reference, deviations=deviations)
    significant = weight > _NEGLIGIBLE * weight.max()
    curves, weight = curves[significant], weight[significant] / weight[significant].sum()
    residuals = (weight @ _errors(curves, known_sizes / reference) - error) / deviations
    if np.abs(residuals).max() > _MAX_RESIDUAL:
        raise InputError("F1 at these sizes does not follow a power law")
    forecasts = []
    for size in sizes:
        errors = _errors(curves, np.array([size / reference]))
        variance = factor * _assumed_variance(np.array([size]), weight @ errors, dev)
        noise = float(np.sqrt(variance + _MISFIT**2).item())
        forecasts.append(_forecast(size, errors[:, 0], weight, noise=noise, level=level))
    return forecasts


def fitted_curve(
    runs: Mapping[int, Sequence[float]], *, end: int, dev: DevSize = _UNLIMITED, points: int = 30
) -> list[Forecast]:
    """Return the forecast at logarithmically spaced sizes, from the smallest size that is not set aside to ``end``.

    Raises:
        InputError: as in :func:`forecast`.
    """
    sizes = np.geomspace(min(_usable(runs)), end, points).round().astype(int)
    return forecast(runs, sorted(set(sizes.tolist())), dev=dev)


def _usable(runs: Mapping[int, Sequence[float]]) -> Mapping[int, Sequence[float]]:
    """Return the runs without the smallest sizes at which nothing has been learnt.

    Raises:
        InputError: fewer than three sizes are left.
    """
    usable = dict(dropwhile(lambda item: fmean(item[1]) < _NOTHING_LEARNT, sorted(runs.items())))
    if len(usable) < FEWEST_SIZES:
        zero = f" with an F1 above {100 * _NOTHING_LEARNT:.0f} %" if len(usable) < len(runs) else ""
        raise InputError(f"a forecast needs runs of at least {FEWEST_SIZES} sizes{zero}, not {len(usable)}")
    return usable


def _assumed_variance(sizes: NDArray[np.float64], error: NDArray[np.float64], dev: DevSize) -> NDArray[np.float64]:
    """Return the variance of a run at each size that is assumed before any run is known."""
    by_dev = error * (_ENTITY_VARIANCE / dev.entities + _DOCUMENT_VARIANCE / dev.documents)
    variance: NDArray[np.float64] = _TRAINING_VARIANCE / sizes + by_dev
    return variance


def _variance_factor(runs: Mapping[int, Sequence[float]], assumed: NDArray[np.float64]) -> float:
    """Return the variance of the given runs relative to the assumed one, which counts as several runs."""
    squares: float = sum(
        float(((np.asarray(runs[size]) - fmean(runs[size])) ** 2).sum()) / variance
        for size, variance in zip(sorted(runs), assumed.tolist(), strict=True)
    )
    return (_PRIOR_DEGREES + squares) / (_PRIOR_DEGREES + sum(len(scores) - 1 for scores in runs.values()))


def _grid(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return curves, ``[curves, 3]``: floor, error above it at the geometric mean of the known sizes, exponent."""
    floors = np.linspace(0, min(_MAX_FLOOR, float(error.min())), 40)
    heights = np.linspace(0, float(error.max()), 160)
    exponents = np.exp(_LOG_EXPONENT_MEAN + _LOG_EXPONENT_DEVIATION * np.linspace(-3, 3, 40))
    return np.stack(np.meshgrid(floors, heights, exponents, indexing="ij"), axis=-1).reshape(-1, 3)


def _errors(curves: NDArray[np.float64], relative_sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the errors of curves at sizes relative to the mean of the known ones, ``[curves, sizes]``."""
    floor, height, exponent = (column[:, None] for column in curves.T)
    errors: NDArray[np.float64] = floor + height * relative_sizes[None, :] ** -exponent
    return errors


def _weights(
    curves: NDArray[np.float64],
    error: NDArray[np.float64],
    *,
    relative_sizes: NDArray[np.float64],
    deviations: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the weight of each curve, with sum 1; the grid is uniform in the floor and in the log of the exponent."""
    errors = _errors(curves, relative_sizes)
    log_likelihood = -0.5 * (((errors - error) / deviations) ** 2).sum(axis=1)
    log_prior = (
        -0.5 * ((np.log(curves[:, 2]) - _LOG_EXPONENT_MEAN) / _LOG_EXPONENT_DEVIATION) ** 2
        - curves[:, 0] / _FLOOR_SCALE
    )
    log_support = np.where(errors.max(axis=1) <= 1, 0.0, -np.inf)
    log_posterior = log_likelihood + log_prior + log_support
    weight = np.exp(log_posterior - log_posterior.max())
    normalized: NDArray[np.float64] = weight / weight.sum()
    return normalized


def _forecast(
    size: int, errors: NDArray[np.float64], weight: NDArray[np.float64], *, noise: float, level: float
) -> Forecast:
    """Return the weighted mean of the curves at a size, and the central interval of the runs expected there."""
    steps = np.linspace(-3, 3, 25)
    noise_weights = np.exp(-0.5 * steps**2)
    weight_of_error = np.bincount((errors * _ERROR_BINS).round().astype(np.int64), weights=weight)
    (bins,) = weight_of_error.nonzero()
    values = (1 - bins[:, None] / _ERROR_BINS + noise * steps).ravel()
    weights = (weight_of_error[bins, None] * (noise_weights / noise_weights.sum())).ravel()
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    low, high = (
        float(values[order][np.searchsorted(cumulative, share)]) for share in ((1 - level) / 2, (1 + level) / 2)
    )
    return Forecast(size, float(1 - (weight * errors).sum()), max(0.0, low), min(1.0, high))
