"""Forward and backward passes of a layer's operations on a CPU: affine maps, dropout with sum and norm, attention.

Each operation keeps what its backward pass needs. :mod:`onoma.models.cpu_training` combines them into layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from onoma.models.dropout import Dropout, DroppedUnits, new_source
from onoma.models.row_layout import BufferPool, RowLayout

_softmax_backward = torch.ops.aten._softmax_backward_data.out
_norm_backward = torch.ops.aten.native_layer_norm_backward


@dataclass(slots=True, eq=False)
class PassState:
    """State that the operations of all layers share in one forward and backward pass."""

    rows: RowLayout
    heads: int
    dtype: torch.dtype
    buffers: BufferPool
    random: np.random.Generator = field(default_factory=new_source)
    mask: Tensor | None = None
    """Additive attention mask, minus infinity at padding, ``[sequences * heads, 1, longest]``.

    None if all sequences have the same length.
    """

    def __post_init__(self) -> None:
        if self.rows.inside is not None:
            mask = torch.zeros(self.rows.inside.shape).masked_fill_(~self.rows.inside, -torch.inf)
            self.mask = mask.repeat_interleave(self.heads, dim=0)[:, None]

    def kept(self, dropped: DroppedUnits, name: str) -> Tensor:
        """Return 1 for each unit that is kept and 0 for each that is dropped, in the buffer with this name."""
        return dropped.kept(self.buffers.take(name, *dropped.draws.shape))


class Affine:
    """One or several affine maps of the same input, ``inputs @ weight.T + bias``, computed as one matrix product.

    The outputs are in the dtype of the matrix products; those of several maps are concatenated along the last axis.
    """

    def __init__(self, maps: Sequence[nn.Linear], state: PassState, *, name: str) -> None:
        self._weight = _concatenate([each.weight.to(state.dtype) for each in maps])
        self._bias = _concatenate([each.bias.to(state.dtype) for each in maps])
        self._map_count, self._state, self._name = len(maps), state, name

    def forward(self, inputs: Tensor) -> Tensor:
        self._input = inputs
        out = self._state.buffers.take(self._name, len(inputs), len(self._weight), dtype=inputs.dtype)
        return torch.addmm(self._bias, inputs, self._weight.t(), out=out)

    def backward(self, gradient: Tensor) -> list[Tensor]:
        """Return the gradients of weight and bias, map by map."""
        grad_weight, grad_bias = torch.mm(gradient.t(), self._input).float(), gradient.sum(0).float()
        pairs = zip(grad_weight.chunk(self._map_count), grad_bias.chunk(self._map_count), strict=True)
        return [each for pair in pairs for each in pair]

    def input_gradient(self, gradient: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Return the gradient of the input."""
        return torch.mm(gradient, self._weight, out=out)

    def add_input_gradient(self, gradient: Tensor, *, to: Tensor) -> None:
        """Add the gradient of the input to an fp32 gradient."""
        if gradient.dtype == to.dtype:
            to.addmm_(gradient, self._weight)
        else:
            to.add_(self.input_gradient(gradient))


class AddNorm:
    """Dropout, residual sum and layer norm."""

    def __init__(self, norm: nn.LayerNorm, dropout: Dropout, state: PassState, *, name: str) -> None:
        self._norm, self._dropout, self._state, self._name = norm, dropout, state, name

    def forward(self, residual: Tensor, inputs: Tensor) -> Tensor:
        state, dropout, norm = self._state, self._dropout, self._norm
        inputs = inputs.float()
        self._total = state.buffers.take(self._name, *inputs.shape)
        self._dropped = dropout.draw(inputs.shape, state.random) if dropout.drops else None
        if self._dropped is None:
            torch.add(residual, inputs, out=self._total)
        else:
            keep_mask = state.kept(self._dropped, "kept units")
            torch.addcmul(residual, inputs, keep_mask, value=dropout.scale, out=self._total)
        normed, self._mean, self._rstd = torch.native_layer_norm(
            self._total, norm.weight.shape, norm.weight, norm.bias, norm.eps
        )
        return normed

    def backward(self, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the gradients of the residual, of the input (in the matrix products' dtype), of weight and of bias."""
        weight, bias = self._norm.weight, self._norm.bias
        grad_total, grad_weight, grad_bias = _norm_backward(
            gradient, self._total, weight.shape, self._mean, self._rstd, weight, bias, [True] * 3
        )
        grad_input = grad_total
        if self._dropped is not None:
            keep_mask = self._state.kept(self._dropped, "kept units")
            grad_input = keep_mask.mul_(grad_total).mul_(self._dropout.scale)
        return grad_total, grad_input.to(self._state.dtype), grad_weight, grad_bias


class AttentionOperation:
    """Multi-head attention in fp32 (Vaswani et al. 2017, equation 1).

    Each head computes ``dropout(softmax(query @ key.T * scale)) @ value``.
    """

    def __init__(self, dropout: Dropout, state: PassState, *, name: str) -> None:
        self._dropout, self._state, self._name = dropout, state, name

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the attention output, given rows of query, key and value side by side."""
        state, dropout, take = self._state, self._dropout, self._state.buffers.take
        self._inputs_shape = inputs.shape
        split_heads = state.rows.split_heads(inputs, 3, state.heads)
        query, key, value = (
            take(f"{self._name} inputs by head", *split_heads.shape).copy_(split_heads).flatten(1, 2).unbind()
        )
        self._scale = query.shape[2] ** -0.5
        shape = (len(query), query.shape[1], query.shape[1])
        scores = _scaled_matmul(query, key.transpose(1, 2), scale=self._scale, out=take("scores", *shape))
        if state.mask is not None:
            scores += state.mask
        weights = torch.softmax(scores, dim=-1, out=take(f"{self._name} weights", *shape))
        self._dropped = dropout.draw(shape, state.random) if dropout.drops else None
        kept_weights = weights if self._dropped is None else state.kept(self._dropped, "scores").mul_(weights)
        self._inputs = query, key, value, weights
        rows = take(f"{self._name} mixed", len(inputs), inputs.shape[1] // 3, dtype=state.dtype)
        state.rows.by_head(rows, state.heads).copy_(_scaled_matmul(kept_weights, value, scale=self._dropout_scale))
        state.rows.zero_padding(rows)
        return rows

    def backward(self, gradient: Tensor) -> Tensor:
        """Return the gradients of query, key and value side by side, in the dtype of the matrix products."""
        state, take = self._state, self._state.buffers.take
        query, key, value, weights = self._inputs
        gradient = state.rows.by_head(gradient, state.heads)
        grad_weights = torch.bmm(gradient, value.transpose(1, 2), out=take("of weights", *weights.shape))
        kept_weights = weights
        if self._dropped is not None:
            keep_mask = state.kept(self._dropped, "scores")
            grad_weights *= keep_mask
            kept_weights = keep_mask.mul_(weights)
        grad_inputs = take("of inputs by head", 3, *query.shape)
        _scaled_matmul(kept_weights.transpose(1, 2), gradient, scale=self._dropout_scale, out=grad_inputs[2])
        grad_scores = _softmax_backward(
            grad_weights, weights, -1, weights.dtype, grad_input=take("scores", *weights.shape)
        )
        _scaled_matmul(grad_scores, key, scale=self._scale * self._dropout_scale, out=grad_inputs[0])
        _scaled_matmul(grad_scores.transpose(1, 2), query, scale=self._scale * self._dropout_scale, out=grad_inputs[1])
        rows = take("of inputs", *self._inputs_shape, dtype=state.dtype)
        split_heads = state.rows.split_heads(rows, 3, state.heads)
        split_heads.copy_(grad_inputs.view(split_heads.shape))
        state.rows.zero_padding(rows)
        return rows

    @property
    def _dropout_scale(self) -> float:
        return 1.0 if self._dropped is None else self._dropout.scale


def _scaled_matmul(left: Tensor, right: Tensor, *, scale: float, out: Tensor | None = None) -> Tensor:
    """Return the batched matrix product ``left @ right * scale``."""
    return torch.baddbmm(left.new_empty(()), left, right, beta=0, alpha=scale, out=out)


def _concatenate(tensors: Sequence[Tensor]) -> Tensor:
    return tensors[0] if len(tensors) == 1 else torch.cat(list(tensors))
