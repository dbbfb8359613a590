"""Gradient checkpointing: a layer's activations are recomputed in the backward pass instead of being kept.

Source: Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.
"""

from __future__ import annotations

from typing import Any, cast

from onoma.errors import EncoderError
from onoma.models.encoder import Encoder
from onoma.models.transformers_encoder import AutoEncoder


def checkpoint_layers(encoder: Encoder | AutoEncoder) -> None:
    """Turn on gradient checkpointing, so that each layer keeps only its input in training.

    Gradients stay the same, because recomputation uses the same dropout masks. The forward pass of each layer runs
    twice, which adds a third to the work of a step.

    Raises:
        EncoderError: `transformers` does not support gradient checkpointing for this architecture.
    """
    if isinstance(encoder, Encoder):
        encoder.recompute = True
        return
    model = cast(Any, encoder.model)
    if not model.supports_gradient_checkpointing:
        raise EncoderError(f"{type(model).__name__} does not support gradient checkpointing; remove training.recompute")
    # The method was renamed in transformers 5.24.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
