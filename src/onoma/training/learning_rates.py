"""Default learning rates of the encoder and of a head that scores tags; see ``docs/decisions/027``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from onoma.models import Encoder
from onoma.models.transformers_encoder import AutoEncoder

_BASE_RATE, _BASE_HIDDEN_SIZE = 5e-5, 768
_MIN_VARIANCE = 0.035
_HEAD_FACTOR = 10.0


def default_learning_rate(hidden: int) -> float:
    """Return the default peak learning rate for an encoder with this hidden size."""
    return _BASE_RATE * _BASE_HIDDEN_SIZE / hidden


def default_head_learning_rate(rate: float, *, variance: float) -> float | None:
    """Return the default peak learning rate of a head that scores tags; None for that of the encoder.

    If hidden states hardly vary, a step changes the scores of the head so little that a run ends before it has learnt.

    Args:
        rate: peak learning rate of the encoder.
        variance: variance of the hidden states before training; see :func:`hidden_variance`.
    """
    return _HEAD_FACTOR * rate if variance < _MIN_VARIANCE else None


@torch.no_grad()
def hidden_variance(encoder: Encoder | AutoEncoder, windows: Iterable[NDArray[np.int64]]) -> float:
    """Return the variance of a hidden unit over the subwords of some windows, in the mean of all units.

    Args:
        encoder: encoder in evaluation mode, on the CPU.
        windows: subword ids of the windows.
    """
    ids = [torch.from_numpy(window)[None] for window in windows]
    states = torch.cat([encoder(each, torch.ones_like(each))[0] for each in ids])
    return states.float().var(dim=0, correction=0).mean().item()
