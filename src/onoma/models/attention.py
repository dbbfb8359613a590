"""How the subwords of a batch see one another: three exact ways to the same result.

Scaled dot-product attention in several heads (Vaswani et al. 2017, equation 1), of padded sequences and of packed ones,
the latter for CPUs and for GPUs. The learnt weights are in :mod:`onoma.models.encoder`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.models.dropout import Dropout
from onoma.models.packing import Packing, PaddedView


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


class PackedAttention(Attention):
    """Of packed sequences, as plain products over a padded view: on a CPU the backward pass of torch's fused attention
    is slower on short sequences, and sequences of similar length waste little.

    Args:
        asking: the packing of the queries.
        asked: the packing of keys and values, at least one for each sequence.
        heads: how many heads there are.
    """

    def __init__(self, asking: Packing, asked: Packing, *, heads: int) -> None:
        self._asked = PaddedView(asked, parts=heads)
        self._asking = self._asked if asking is asked else PaddedView(asking, parts=heads)
        self._bias: Tensor | None = None
        if self._asked.inside is not None:
            bias = torch.zeros(self._asked.inside.shape, device=asked.lengths.device)
            bias.masked_fill_(~self._asked.inside, -torch.inf)
            self._bias = bias.repeat_interleave(heads, dim=0)[:, None, :]

    def __call__(
        self,
        query: Float[Tensor, "asking hidden"],
        key: Float[Tensor, "asked hidden"],
        value: Float[Tensor, "asked hidden"],
        *,
        heads: int,
        dropout: Dropout,
    ) -> Float[Tensor, "asking hidden"]:
        mixed: Tensor = _Mixture.apply(  # type: ignore[no-untyped-call]
            self._asking.pad(query),
            self._asked.pad(key),
            self._asked.pad(value),
            self._bias,
            (query.shape[-1] // heads) ** -0.5,
            dropout,
        )
        return self._asking.pack(mixed)


class _Mixture(torch.autograd.Function):
    """``dropout(softmax(query @ key.T * scale + bias)) @ value``, with one array of attention weights kept for the
    backward pass where autograd would keep three. In it a weight that was dropped has the sign turned.
    """

    @staticmethod
    def forward(  # noqa: PLR0917, since autograd passes by position
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, scale: float, dropout: Dropout
    ) -> Tensor:
        # With beta 0 the bias is not even read.
        bias, beta = (query.new_zeros(()), 0) if bias is None else (bias.to(query.dtype), 1)
        weights = torch.baddbmm(bias, query, key.transpose(1, 2), beta=beta, alpha=scale).softmax(dim=-1)
        ctx.scale, ctx.grown = scale, 1.0
        if dropout.drops:
            ctx.grown = dropout.scale
            weights.mul_(dropout.draw(weights).mul_(2).sub_(1))
        ctx.save_for_backward(query, key, value, weights)
        return torch.bmm(_kept(weights, ctx.grown).to(value.dtype), value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None, None]:
        query, key, value, weights = ctx.saved_tensors
        kept = _kept(weights, ctx.grown)
        of_value = torch.bmm(kept.to(gradient.dtype).transpose(1, 2), gradient)
        # Of a softmax w with the gradient g: w g - w sum(w g); and here w g is what dropout has left of it.
        pulled = kept.mul_(torch.bmm(gradient, value.transpose(1, 2)))
        of_scores = pulled.addcmul_(weights.abs(), pulled.sum(dim=-1, keepdim=True), value=-1).to(query.dtype)
        of_query = torch.bmm(of_scores, key).mul_(ctx.scale)
        of_key = torch.bmm(of_scores.transpose(1, 2), query).mul_(ctx.scale)
        return of_query, of_key, of_value, None, None, None


def _kept(weights: Tensor, grown: float) -> Tensor:
    """What dropout has left of signed weights."""
    return weights.clamp(min=0).mul_(grown)


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


def packed_attention(asking: Packing, asked: Packing, *, heads: int) -> Attention:
    """The faster way for packed sequences on their device."""
    if asked.lengths.device.type == "cpu":
        return PackedAttention(asking, asked, heads=heads)
    return NestedAttention(asking, asked)


def _offsets(packing: Packing) -> Int64[Tensor, " bounds"]:
    """The first row of each sequence, and the end of the last."""
    return functional.pad(packing.lengths.cumsum(0), (1, 0))


def _nest(rows: Float[Tensor, "rows hidden"], offsets: Int64[Tensor, " bounds"], longest: int, *, heads: int) -> Tensor:
    """A nested tensor ``[sequences, heads, (rows), part]``."""
    parts = rows.view(len(rows), heads, -1)
    nested: Tensor = torch.nested.nested_tensor_from_jagged(parts, offsets, max_seqlen=longest)
    return nested.transpose(1, 2)
