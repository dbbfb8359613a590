"""Three numbers that calibrate scores; none of them changes which entities are found.

Tag scores are divided by a temperature before they become probabilities: above 1 it makes a model less sure, below 1
surer. The score of an entity that comes out of them is then moved along a line in log-odds: as its span is right only
where each of its words is, a temperature that fits the words need not fit the entity. This module does not know where
the loss comes from that a temperature is chosen by.

Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599; golden-section search, Kiefer 1953; Platt 1999,
"Probabilistic outputs for support vector machines", with a normal prior in place of his softened targets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

COOLEST, HOTTEST = 0.2, 10.0
"""Between these a temperature is looked for."""

_GOLDEN = (sqrt(5) - 1) / 2
_CLOSE = 0.005

SUREST = 1e-12
"""Probabilities are kept so far from 0 and 1 where log-odds are taken."""

_STEPS = 50
_STILL = 2.5e-5
"""A step of Newton's method that moves neither number by more is the last one."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """What the log-odds of an entity's score are multiplied by, and what is added to them then."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The scaled scores, ``[entities]``; their order stays."""
        if self == UNSCALED:
            return scores
        return _probability(self.slope * log_odds(scores) + self.intercept)


UNSCALED = Scaling()
"""Leaves scores as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """From scores before a softmax to calibrated probabilities, and which entities are kept.

    Attributes:
        temperature: what scores are divided by before they become probabilities; it changes no entity.
        scaling: from the probability of an entity to its score.
        thresholds: by label, the score below which an entity is left out.
    """

    temperature: float = 1.0
    scaling: Scaling = UNSCALED
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def temper(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Scores before a softmax at the temperature."""
        return temper(scores, self.temperature)

    def scores(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of entities to their scores, ``[entities]``."""
        return self.scaling(probabilities)

    def keeps(self, label: str, score: float) -> bool:
        """Whether an entity with this score is predicted."""
        return score >= self.thresholds.get(label, 0.0)


UNCALIBRATED = Calibration()
"""Probabilities as they come out of a softmax."""


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of what is for by what is against."""
    kept = np.clip(probabilities, SUREST, 1 - SUREST)
    odds: NDArray[np.float64] = np.log(kept) - np.log1p(-kept)
    return odds


def fit_scaling(scores: NDArray[np.float64], correct: NDArray[np.bool_]) -> Scaling:
    """The scaling of the least log loss, held near to none by a normal prior of deviation 1 on both numbers.

    Newton's method, each step of which is halved until it helps. Scores that say the opposite of what is true, or
    nothing, stay as they are.

    Args:
        scores: of entities, ``[entities]``.
        correct: which of them were right, ``[entities]``.
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
    """Back from log-odds."""
    share: NDArray[np.float64] = np.exp(-np.logaddexp(0, -odds))
    return share


def temper(scores: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    """Tag scores, ``[words, tags]``, as they are at a temperature."""
    return scores if temperature == 1 else scores / temperature


def fit_temperature(loss: Callable[[float], float]) -> float:
    """The temperature of the least loss, to half a percent; some twenty losses are taken.

    Args:
        loss: of a temperature; it should fall to one lowest point and rise from there.

    >>> round(fit_temperature(lambda temperature: (temperature - 1.5) ** 2), 1)
    1.5
    """
    low, high = log(COOLEST), log(HOTTEST)
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
