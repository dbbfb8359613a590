"""How the subwords of a batch see one another: two exact ways to the same result.

Scaled dot-product attention in several heads (Vaswani et al. 2017, equation 1), of padded sequences and of packed ones
on a GPU. The learnt weights are in :mod:`onoma.models.layer`.
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
    """Mixes values by how well queries and keys match, within each sequence of a batch."""

    @abstractmethod
    def __call__(
        self,
        query: Float[Tensor, "*asking hidden"],
        key: Float[Tensor, "*asked hidden"],
        value: Float[Tensor, "*asked hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "*asking hidden"]:
        """The mixture of values for every query; ``hidden`` is shared evenly by the heads."""


class PaddedAttention(Attention):
    """Of padded sequences: plain products, which every engine can run.

    Args:
        mask: 1 for subwords and 0 for padding, on whichever side.
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
        part = query.shape[-1] // heads
        query, key, value = (rows.view(*rows.shape[:2], heads, part).transpose(1, 2) for rows in (query, key, value))
        scores = (query * part**-0.5) @ key.transpose(-2, -1)
        # The lowest number and not minus infinity, so that a row of nothing but padding does not turn into NaN.
        weights = scores.masked_fill(self._padding, torch.finfo(scores.dtype).min).softmax(dim=-1)
        mixed: Tensor = dropout(weights) @ value
        return mixed.transpose(1, 2).flatten(start_dim=2)


class NestedAttention(Attention):
    """Of packed sequences, by torch's fused attention over nested tensors: on a GPU, a kernel for variable lengths.

    Args:
        asking: the packing of the queries.
        asked: the packing of keys and values, at least one for each sequence.
    """

    def __init__(self, asking: Packing, asked: Packing) -> None:
        self._asking = (_offsets(asking), asking.longest)
        self._asked = self._asking if asking is asked else (_offsets(asked), asked.longest)

    def __call__(
        self,
        query: Float[Tensor, "asking hidden"],
        key: Float[Tensor, "asked hidden"],
        value: Float[Tensor, "asked hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "asking hidden"]:
        mixed = functional.scaled_dot_product_attention(
            _nest(query, *self._asking, heads=heads),
            _nest(key, *self._asked, heads=heads),
            _nest(value, *self._asked, heads=heads),
            dropout_p=dropout.p if dropout.training else 0.0,
        )
        values: Tensor = mixed.transpose(1, 2).values()
        return values.flatten(start_dim=1)


def _offsets(packing: Packing) -> Int64[Tensor, " bounds"]:
    """The first row of each sequence, and the end of the last."""
    return functional.pad(packing.lengths.cumsum(0), (1, 0))


def _nest(rows: Float[Tensor, "rows hidden"], offsets: Int64[Tensor, " bounds"], longest: int, *, heads: int) -> Tensor:
    """A nested tensor ``[sequences, heads, (rows), part]``."""
    parts = rows.view(len(rows), heads, -1)
    nested: Tensor = torch.nested.nested_tensor_from_jagged(parts, offsets, max_seqlen=longest)
    return nested.transpose(1, 2)
