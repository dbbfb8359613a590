"""The depth of a parameter or module in an encoder, derived from its name in onoma or in `transformers`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LAYER = re.compile(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)\.")
_EMBEDDING = re.compile(r"embed|(?:^|\.)(?:projection|wte|wpe)\.")


def layer_of(name: str) -> int | None:
    """Return the index of the layer that a name belongs to, from 0 at the bottom; None outside the layers.

    >>> layer_of("layers.3.attention.query.bias"), layer_of("model.encoder.layer.11.output.dense.weight")
    (3, 11)
    """
    match = _LAYER.search(name)
    return int(match[1]) if match else None


def is_embedding(name: str) -> bool:
    """Return whether a name belongs to the embedding tables, their norm, or the projection of the embeddings.

    >>> is_embedding("embeddings.norm.weight"), is_embedding("model.final_norm.weight")
    (True, False)
    """
    return layer_of(name) is None and _EMBEDDING.search(name) is not None


def count_layers(names: Iterable[str]) -> int:
    """Return the number of layers; 0 if the names do not show it."""
    return max((layer + 1 for layer in map(layer_of, names) if layer is not None), default=0)
