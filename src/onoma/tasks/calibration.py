"""Calibration of scores by temperature scaling and Platt scaling; neither changes which entities are decoded.

Tag scores are divided by a temperature before the softmax: a temperature above 1 makes a model less confident, one
below 1 more confident. The resulting probability of an entity is then mapped by a linear function of its log-odds
(slope and intercept). This second step is needed because an entity is correct only if all of its words are, so that a
temperature that fits the words does not necessarily fit the entities. The loss that the temperature minimises is given
by the caller.

Sources: Guo et al. 2017, https://arxiv.org/abs/1706.04599; golden-section search, Kiefer 1953; Platt 1999,
"Probabilistic outputs for support vector machines", with a normal prior instead of his softened targets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.2, 10.0
"""Lower and upper bound of the search for a temperature."""

_GOLDEN = (sqrt(5) - 1) / 2
_CLOSE = 0.005

PROBABILITY_EPSILON = 1e-12
"""Minimum distance of probabilities from 0 and 1 when their log-odds are computed."""

_STEPS = 50
_STILL = 2.5e-5
"""Newton's method stops when a step changes neither slope nor intercept by more than this."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """A linear function of the log-odds of entity scores: ``slope * log_odds + intercept``."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scaled scores, ``[entities]``, in the given order."""
        if self == UNSCALED:
            return scores
        return _probability(self.slope * log_odds(scores) + self.intercept)


UNSCALED = Scaling()
"""The scaling that leaves scores unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Conversion of logits into calibrated probabilities, and score thresholds for entities.

    Attributes:
        temperature: divisor of the logits before the softmax; it does not change the decoded entities.
        scaling: mapping of the probability of an entity to its score.
        thresholds: minimum score of predicted entities, by label; 0 for labels that are not in it.
    """

    temperature: float = 1.0
    scaling: Scaling = UNSCALED
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def apply_temperature(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return logits divided by the temperature."""
        return apply_temperature(scores, self.temperature)

    def scores(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores of entities with these probabilities, ``[entities]`` both."""
        return self.scaling(probabilities)

    def keeps(self, label: str, score: float) -> bool:
        """Return whether an entity with this label and score is predicted."""
        return score >= self.thresholds.get(label, 0.0)


UNCALIBRATED = Calibration()
"""The calibration that leaves the probabilities of the softmax unchanged."""


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-odds ``log(p / (1 - p))`` of probabilities, clipped by :data:`PROBABILITY_EPSILON`."""
    kept = np.clip(probabilities, PROBABILITY_EPSILON, 1 - PROBABILITY_EPSILON)
    odds: NDArray[np.float64] = np.log(kept) - np.log1p(-kept)
    return odds


def fit_scaling(scores: NDArray[np.float64], correct: NDArray[np.bool_]) -> Scaling:
    """Return the scaling with the lowest log loss.

    A normal prior with standard deviation 1 on slope and intercept keeps the scaling close to :data:`UNSCALED`. The
    loss is minimised by Newton's method; each step is halved until it reduces the loss. If the slope is not above 0,
    because the scores carry no information or are inverted, the result is :data:`UNSCALED`.

    Args:
        scores: scores of predicted entities, ``[entities]``.
        correct: whether each entity is correct, ``[entities]``.
    """
    columns = np.stack([log_odds(scores), np.ones(len(scores))], axis=1)
    none = np.array([1.0, 0.0])

    def loss(line: NDArray[np.float64]) -> float:
        against = np.where(correct, -1, 1) * (columns @ line)
        return float(np.logaddexp(0, against).sum() + ((line - none) ** 2).sum() / 2)

    line = none
    for _ in range(_STEPS):
        likely = _probability(columns @ line)
        slope = columns.T @ (likely - correct) + line - none
        bend = columns.T @ (columns * (likely * (1 - likely))[:, None]) + np.eye(2)
        step = np.linalg.solve(bend, slope)
        while loss(line - step) > loss(line) and np.abs(step).max() > _STILL:
            step /= 2
        if np.abs(step).max() <= _STILL:
            break
        line = line - step
    return Scaling(slope=float(line[0]), intercept=float(line[1])) if line[0] > 0 else UNSCALED


def _probability(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities with these log-odds."""
    share: NDArray[np.float64] = np.exp(-np.logaddexp(0, -odds))
    return share


def apply_temperature(scores: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    """Return tag scores divided by a temperature, ``[words, tags]``."""
    return scores if temperature == 1 else scores / temperature


def fit_temperature(loss: Callable[[float], float]) -> float:
    """Return the temperature with the lowest loss, with a precision of 0.5 %; about twenty losses are computed.

    Args:
        loss: loss as a function of the temperature; it should have a single minimum.

    >>> round(fit_temperature(lambda temperature: (temperature - 1.5) ** 2), 1)
    1.5
    """
    low, high = log(MIN_TEMPERATURE), log(MAX_TEMPERATURE)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(exp(left)), loss(exp(right))
    while high - low > _CLOSE:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(exp(right))
    return exp((low + high) / 2)
