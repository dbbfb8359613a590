"""Multi-head scaled dot-product attention (Vaswani et al. 2017, equation 1).

There are two exact implementations: one for padded sequences, and one for packed sequences, which is meant for a GPU.
The learned weights are in :mod:`onoma.models.layer`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.models.dropout import Dropout
from onoma.models.packing import Packing


class Attention(ABC):
    """Interface of an attention function over the subwords of each sequence of a batch."""

    @abstractmethod
    def __call__(
        self,
        query: Float[Tensor, "*queries hidden"],
        key: Float[Tensor, "*keys hidden"],
        value: Float[Tensor, "*keys hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "*queries hidden"]:
        """Return the weighted sum of the values for every query; the heads split ``hidden`` evenly."""


class PaddedAttention(Attention):
    """Attention over padded sequences by plain matrix products, which every inference engine can run.

    Args:
        mask: 1 for subwords and 0 for padding, which may be on either side.
    """

    def __init__(self, mask: Int64[Tensor, "batch subwords"]) -> None:
        self._padding = (mask == 0)[:, None, None, :]

    def __call__(
        self,
        query: Float[Tensor, "batch subwords hidden"],
        key: Float[Tensor, "batch subwords hidden"],
        value: Float[Tensor, "batch subwords hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "batch subwords hidden"]:
        head_width = query.shape[-1] // heads
        query, key, value = (
            rows.view(*rows.shape[:2], heads, head_width).transpose(1, 2) for rows in (query, key, value)
        )
        scores = (query * head_width**-0.5) @ key.transpose(-2, -1)
        # The lowest finite number instead of minus infinity, so that rows that are all padding do not become NaN.
        weights = scores.masked_fill(self._padding, torch.finfo(scores.dtype).min).softmax(dim=-1)
        context: Tensor = dropout(weights) @ value
        return context.transpose(1, 2).flatten(start_dim=2)


class NestedAttention(Attention):
    """Attention over packed sequences by torch's fused attention over nested tensors.

    On a GPU this is a kernel for sequences of variable length.

    Args:
        queries: packing of the queries.
        keys: packing of the keys and values, with at least one row for each sequence.
    """

    def __init__(self, queries: Packing, keys: Packing) -> None:
        self._query_bounds = (_sequence_offsets(queries), queries.longest)
        self._key_bounds = self._query_bounds if queries is keys else (_sequence_offsets(keys), keys.longest)

    def __call__(
        self,
        query: Float[Tensor, "queries hidden"],
        key: Float[Tensor, "keys hidden"],
        value: Float[Tensor, "keys hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "queries hidden"]:
        context = functional.scaled_dot_product_attention(
            _nest(query, *self._query_bounds, heads=heads),
            _nest(key, *self._key_bounds, heads=heads),
            _nest(value, *self._key_bounds, heads=heads),
            dropout_p=dropout.p if dropout.training else 0.0,
        )
        values: Tensor = context.transpose(1, 2).values()
        return values.flatten(start_dim=1)


def _sequence_offsets(packing: Packing) -> Int64[Tensor, " bounds"]:
    """Return the first row of each sequence, followed by the end of the last sequence."""
    return functional.pad(packing.lengths.cumsum(0), (1, 0))


def _nest(rows: Float[Tensor, "rows hidden"], offsets: Int64[Tensor, " bounds"], longest: int, *, heads: int) -> Tensor:
    """Return the rows as a nested tensor ``[sequences, heads, (rows), part]``."""
    by_head = rows.view(len(rows), heads, -1)
    nested: Tensor = torch.nested.nested_tensor_from_jagged(by_head, offsets, max_seqlen=longest)
    return nested.transpose(1, 2)
