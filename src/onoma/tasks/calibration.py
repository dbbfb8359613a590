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

_INVERSE_GOLDEN_RATIO = (sqrt(5) - 1) / 2
_LOG_TEMPERATURE_TOLERANCE = 0.005

PROBABILITY_EPSILON = 1e-12
"""Minimum distance of probabilities from 0 and 1 when their log-odds are computed."""

_MAX_NEWTON_STEPS = 50
_NEWTON_TOLERANCE = 2.5e-5
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
        return sigmoid(self.slope * log_odds(scores) + self.intercept)


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
        return scores if self.temperature == 1 else scores / self.temperature

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
    clipped = np.clip(probabilities, PROBABILITY_EPSILON, 1 - PROBABILITY_EPSILON)
    logits: NDArray[np.float64] = np.log(clipped) - np.log1p(-clipped)
    return logits


def sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities with these log-odds."""
    probabilities: NDArray[np.float64] = np.exp(-np.logaddexp(0, -logits.astype(np.float64)))
    return probabilities


def fit_scaling(scores: NDArray[np.float64], correct: NDArray[np.bool_]) -> Scaling:
    """Return the scaling with the lowest log loss.

    A normal prior with standard deviation 1 on slope and intercept keeps the scaling close to :data:`UNSCALED`. The
    loss is minimised by Newton's method; each step is halved until it reduces the loss. If the slope is not above 0,
    because the scores carry no information or are inverted, the result is :data:`UNSCALED`.

    Args:
        scores: scores of predicted entities, ``[entities]``.
        correct: whether each entity is correct, ``[entities]``.
    """
    features = np.stack([log_odds(scores), np.ones(len(scores))], axis=1)
    prior_mean = np.array([1.0, 0.0])

    def loss(coefficients: NDArray[np.float64]) -> float:
        negated_margins = np.where(correct, -1, 1) * (features @ coefficients)
        return float(np.logaddexp(0, negated_margins).sum() + ((coefficients - prior_mean) ** 2).sum() / 2)

    coefficients = prior_mean
    for _ in range(_MAX_NEWTON_STEPS):
        probabilities = sigmoid(features @ coefficients)
        gradient = features.T @ (probabilities - correct) + coefficients - prior_mean
        hessian = features.T @ (features * (probabilities * (1 - probabilities))[:, None]) + np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        while loss(coefficients - step) > loss(coefficients) and np.abs(step).max() > _NEWTON_TOLERANCE:
            step /= 2
        if np.abs(step).max() <= _NEWTON_TOLERANCE:
            break
        coefficients = coefficients - step
    return Scaling(slope=float(coefficients[0]), intercept=float(coefficients[1])) if coefficients[0] > 0 else UNSCALED


def fit_temperature(loss: Callable[[float], float]) -> float:
    """Return the temperature with the lowest loss, with a precision of 0.5 %; about twenty losses are computed.

    Args:
        loss: loss as a function of the temperature; it should have a single minimum.

    >>> round(fit_temperature(lambda temperature: (temperature - 1.5) ** 2), 1)
    1.5
    """
    low, high = log(MIN_TEMPERATURE), log(MAX_TEMPERATURE)
    left, right = high - _INVERSE_GOLDEN_RATIO * (high - low), low + _INVERSE_GOLDEN_RATIO * (high - low)
    at_left, at_right = loss(exp(left)), loss(exp(right))
    while high - low > _LOG_TEMPERATURE_TOLERANCE:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _INVERSE_GOLDEN_RATIO * (high - low)
            at_left = loss(exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + _INVERSE_GOLDEN_RATIO * (high - low)
            at_right = loss(exp(right))
    return exp((low + high) / 2)
