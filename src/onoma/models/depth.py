"""How deep in an encoder a parameter or module is, by its name; ours, and those of `transformers`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LAYER = re.compile(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)\.")
_EMBEDDING = re.compile(r"embed|(?:^|\.)(?:projection|wte|wpe)\.")


def layer_of(name: str) -> int | None:
    """The number of the layer, from 0 at the bottom; None outside the layers.

    >>> layer_of("layers.3.attention.query.bias"), layer_of("model.encoder.layer.11.output.dense.weight")
    (3, 11)
    """
    found = _LAYER.search(name)
    return int(found[1]) if found else None


def is_embedding(name: str) -> bool:
    """Whether it is below the layers: tables of embeddings, their norm, and what widens them.

    >>> is_embedding("embeddings.norm.weight"), is_embedding("model.final_norm.weight")
    (True, False)
    """
    return layer_of(name) is None and _EMBEDDING.search(name) is not None


def count_layers(names: Iterable[str]) -> int:
    """How many layers there are; 0 if the names do not show it."""
    return max((layer + 1 for layer in map(layer_of, names) if layer is not None), default=0)
