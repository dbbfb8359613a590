"""Multi-head scaled dot-product attention (Vaswani et al. 2017, equation 1).

There are two exact implementations: plain products, and torch's fused kernels, which are meant for a GPU. The learned
weights are in :mod:`onoma.models.layer`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.models.dropout import Dropout


class Attention(ABC):
    """Interface of an attention function over the subwords of each sequence of a batch."""

    @abstractmethod
    def __call__(
        self,
        query: Float[Tensor, "batch subwords hidden"],
        key: Float[Tensor, "batch subwords hidden"],
        value: Float[Tensor, "batch subwords hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "batch subwords hidden"]:
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
        query, key, value = (_split_heads(rows, heads) for rows in (query, key, value))
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
        # The lowest finite number instead of minus infinity, so that rows that are all padding do not become NaN.
        weights = scores.masked_fill(self._padding, torch.finfo(scores.dtype).min).softmax(dim=-1)
        context: Tensor = dropout(weights) @ value
        return context.transpose(1, 2).flatten(start_dim=2)


class FusedAttention(Attention):
    """Attention over padded sequences by torch's fused kernels, which do not store the scores.

    Args:
        mask: 1 for subwords and 0 for padding; every sequence must have at least one subword.
    """

    def __init__(self, mask: Int64[Tensor, "batch subwords"]) -> None:
        self._is_subword = (mask != 0)[:, None, None, :]

    def __call__(
        self,
        query: Float[Tensor, "batch subwords hidden"],
        key: Float[Tensor, "batch subwords hidden"],
        value: Float[Tensor, "batch subwords hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "batch subwords hidden"]:
        context = functional.scaled_dot_product_attention(
            _split_heads(query, heads),
            _split_heads(key, heads),
            _split_heads(value, heads),
            attn_mask=self._is_subword,
            dropout_p=dropout.p if dropout.training else 0.0,
        )
        return context.transpose(1, 2).flatten(start_dim=2)


def make_attention(mask: Int64[Tensor, "batch subwords"]) -> Attention:
    """Return the attention function for the device of the mask: on a CPU plain products, otherwise fused kernels."""
    return PaddedAttention(mask) if mask.device.type == "cpu" else FusedAttention(mask)


def _split_heads(
    rows: Float[Tensor, "batch subwords hidden"], heads: int
) -> Float[Tensor, "batch heads subwords part"]:
    return rows.view(*rows.shape[:2], heads, rows.shape[-1] // heads).transpose(1, 2)
