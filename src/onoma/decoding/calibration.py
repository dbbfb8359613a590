"""One number that makes scores honest: tag scores are divided by a temperature before they become probabilities.

Above 1 it makes a model less sure, below 1 surer. The best tag of a word stays the best. This module does not know
where the loss comes from that a temperature is chosen by.

Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599; golden-section search, Kiefer 1953.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

COOLEST, HOTTEST = 0.2, 10.0
"""Between these a temperature is looked for."""

_GOLDEN = (sqrt(5) - 1) / 2
_CLOSE = 0.005


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
