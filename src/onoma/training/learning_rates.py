"""Default learning rates of the encoder and of a head that scores tags; see ``docs/decisions/027``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from onoma.models import Encoder, EncoderShape
from onoma.models.transformers_encoder import AutoEncoder

_BASE_RATE, _BASE_HIDDEN_SIZE = 5e-5, 768
_FEW_LAYERS = 6
_MIN_VARIANCE = 0.035
_HEAD_FACTOR = 10.0


def default_learning_rate(shape: EncoderShape) -> float:
    """Return the default peak learning rate for an encoder: lower for wide encoders, and for more than six layers."""
    return _rate_for_width(shape.hidden) * min(1.0, _FEW_LAYERS / shape.layers)


def default_head_learning_rate(shape: EncoderShape, *, variance: float) -> float | None:
    """Return the default peak learning rate of a head that scores tags; None for that of the encoder.

    If hidden states hardly vary, a step changes the scores of the head so little that a run ends before it has learnt.

    Args:
        shape: shape of the encoder.
        variance: variance of the hidden states before training; see :func:`hidden_variance`.
    """
    return _HEAD_FACTOR * _rate_for_width(shape.hidden) if variance < _MIN_VARIANCE else None


def _rate_for_width(hidden: int) -> float:
    return _BASE_RATE * _BASE_HIDDEN_SIZE / hidden


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
