"""Gradient checkpointing: a layer's activations are computed again in the backward pass instead of being kept.

Source: Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.
"""

from __future__ import annotations

from typing import Any, cast

from onoma.errors import EncoderError
from onoma.models.auto import AutoEncoder
from onoma.models.encoder import Encoder


def checkpoint_layers(encoder: Encoder | AutoEncoder) -> None:
    """Let each layer keep nothing but its input, in training; gradients stay the same, dropout's draws included.

    The forward pass of a layer is done twice: a third more work for a step.

    Raises:
        EncoderError: `transformers` does not offer it for this architecture.
    """
    if isinstance(encoder, Encoder):
        encoder.recompute = True
        return
    model = cast(Any, encoder.model)
    if not model.supports_gradient_checkpointing:
        raise EncoderError(f"{type(model).__name__} does not support gradient checkpointing; remove training.recompute")
    # Its name since transformers 5.24, and the one before.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
