"""The layers of an encoder, forward and backward, written out for training on a CPU.

They compute what autograd would compute of :class:`~onoma.models.layer.Layer`, for less:

- Products take the dtype of autocast. Weights and activations are cast once; the residual stream, norms and attention
  stay in fp32.
- oneDNN compiles a kernel for every new shape of a 16-bit product, so the rows are filled up to a multiple of 32.
- Large arrays are the same from step to step.
- Query, key and value are one product; the mask of a dropout is kept as a byte a unit; scales and sums are part of
  operations that are done anyway.

Sources: Vaswani et al. 2017 (attention, post-layer-norm), Micikevicius et al. 2018 (mixed precision).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from onoma.models.dropout import Dropout, DroppedUnits, new_source
from onoma.models.layer import Layer
from onoma.models.rows import Buffers, Rows

_GRANULE = 32

_gelu = torch.ops.aten.gelu.out
_gelu_backward = torch.ops.aten.gelu_backward.grad_input
_norm_backward = torch.ops.aten.native_layer_norm_backward
_softmax_backward = torch.ops.aten._softmax_backward_data.out


def row_multiple(dtype: torch.dtype) -> int:
    """The number of rows of a product should be a multiple of this."""
    return 1 if dtype == torch.float32 else _GRANULE


def runs(layers: Iterable[nn.Module]) -> bool:
    """Whether :func:`run_layers` can run these layers: ours, with no part replaced, and a GELU between the two maps."""
    return all(
        isinstance(layer, Layer)
        and all(type(affine) is nn.Linear for affine in _affines(layer))
        and isinstance(layer.feed_forward.activation, nn.GELU)
        for layer in layers
    )


def run_layers(
    embedded: Float[Tensor, "rows hidden"],
    rows: Rows,
    asked: Int64[Tensor, " asked"],
    *,
    layers: Iterable[nn.Module],
    dtype: torch.dtype,
    idle: list[Buffers],
    recompute: bool,
) -> Float[Tensor, "asked hidden"]:
    """The hidden states of some rows after all layers, differentiable once.

    Args:
        embedded: what the first layer gets.
        rows: where the subwords are.
        asked: the rows whose hidden states are wanted.
        layers: those of an encoder, which :func:`runs` must allow.
        dtype: of the products of the affine maps; weights are in fp32.
        idle: buffers that no pass uses; one is taken, and given back at the end of the backward pass.
        recompute: keep nothing of a layer but what it is given, and compute it again in the backward pass.
    """
    filled = functional.pad(asked, (0, -len(asked) % row_multiple(dtype)))
    ours = [layer for layer in layers if isinstance(layer, Layer)]
    weights = [weight for layer in ours for weight in _weights(layer)]
    made = _Pass(rows, ours[0].attention.heads, dtype, idle.pop() if idle else Buffers())
    steps = [_Layer(layer, made, name=str(0 if recompute else number)) for number, layer in enumerate(ours)]
    hidden: Tensor = _Layers.apply(embedded, steps, filled, recompute, idle, *weights)  # type: ignore[no-untyped-call]
    return hidden[: len(asked)]


def _affines(layer: Layer) -> tuple[nn.Module, ...]:
    attention, feed_forward = layer.attention, layer.feed_forward
    return (attention.query, attention.key, attention.value, attention.output, feed_forward.inner, feed_forward.outer)


def _weights(layer: Layer) -> list[Tensor]:
    """The parameters of a layer, in the order in which gradients are given back."""
    parts = (*_affines(layer), layer.attention_norm, layer.feed_forward_norm)
    return [weight for part in parts for weight in part.parameters()]


class _Layers(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917, since autograd passes by position
        ctx: Any,
        embedded: Tensor,
        layers: list[_Layer],
        asked: Tensor,
        recompute: bool,
        idle: list[Buffers],
        *_weights: Tensor,
    ) -> Tensor:
        ctx.layers, ctx.asked, ctx.idle = layers, asked, idle
        hidden = embedded
        # Of what is recomputed: what each layer was given, and the random state that it began with.
        inputs: list[tuple[Tensor, Any]] = []
        for layer in layers:
            if recompute:
                inputs.append((hidden, layer.made.random.bit_generator.state))
            hidden = layer.forward(hidden, asked if layer is layers[-1] else None)
        ctx.inputs = inputs
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        of_embedded, _, _, _, _, *of_weights = ctx.needs_input_grad
        layers, size = ctx.layers, len(of_weights) // len(ctx.layers)
        gradients: list[Tensor | None] = []
        for number in reversed(range(len(layers))):
            if not of_embedded and not any(of_weights[: size * (number + 1)]):
                gradients[:0] = [None] * size
                continue
            if ctx.inputs:
                given, layers[number].made.random.bit_generator.state = ctx.inputs[number]
                layers[number].forward(given, ctx.asked if number == len(layers) - 1 else None)
            gradient, own = layers[number].backward(gradient)
            gradients[:0] = own
        ctx.idle.append(layers[0].made.buffers)
        ctx.layers = None
        return (gradient if of_embedded else None, None, None, None, None, *gradients)


@dataclass(slots=True, eq=False)
class _Pass:
    """What the parts of all layers use in one pass, forward and backward."""

    rows: Rows
    heads: int
    dtype: torch.dtype
    buffers: Buffers
    random: np.random.Generator = field(default_factory=new_source)
    mask: Tensor | None = None
    """What is added to the scores of attention: minus infinity at keys that a sequence does not have."""

    def __post_init__(self) -> None:
        if self.rows.inside is not None:
            mask = torch.zeros(self.rows.inside.shape).masked_fill_(~self.rows.inside, -torch.inf)
            self.mask = mask.repeat_interleave(self.heads, dim=0)[:, None]

    def kept(self, dropped: DroppedUnits, name: str) -> Tensor:
        """1 for each unit that was not dropped, 0 for the others."""
        return dropped.kept(self.buffers.take(name, *dropped.draws.shape))


class _Layer:
    def __init__(self, layer: Layer, made: _Pass, *, name: str) -> None:
        attention, feed_forward = layer.attention, layer.feed_forward
        self.made = made
        self._inputs = _Affine([attention.query, attention.key, attention.value], made, name=f"{name} inputs")
        self._attention = _Attention(attention.dropout, made, name=name)
        self._output = _Affine([attention.output], made, name=f"{name} output")
        self._attention_norm = _AddNorm(layer.attention_norm, layer.dropout, made, name=f"{name} attended")
        self._inner = _Affine([feed_forward.inner], made, name=f"{name} wide")
        self._outer = _Affine([feed_forward.outer], made, name=f"{name} narrow")
        self._feed_forward_norm = _AddNorm(layer.feed_forward_norm, layer.dropout, made, name=f"{name} fed")
        assert isinstance(feed_forward.activation, nn.GELU)
        self._approximate = feed_forward.activation.approximate
        self._activated = f"{name} activated"
        self._asked: Tensor | None = None

    def forward(self, hidden: Tensor, asked: Tensor | None = None) -> Tensor:
        made, self._asked = self.made, asked
        mixed = self._attention.forward(self._inputs.forward(hidden.to(made.dtype)))
        if asked is not None:
            mixed, hidden = mixed[asked], hidden[asked]
        attended = self._attention_norm.forward(hidden, self._output.forward(mixed))
        self._wide = self._inner.forward(attended.to(made.dtype))
        activated = made.buffers.take(self._activated, *self._wide.shape, dtype=made.dtype)
        activated = _gelu(self._wide, approximate=self._approximate, out=activated)
        return self._feed_forward_norm.forward(attended, self._outer.forward(activated))

    def backward(self, gradient: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The gradients of what the layer was given, and of its weights."""
        made = self.made
        of_attended, of_fed, *of_feed_forward_norm = self._feed_forward_norm.backward(gradient)
        of_outer = self._outer.backward(of_fed)
        of_wide = self._outer.of_given(of_fed, out=made.buffers.take("wide", *self._wide.shape, dtype=made.dtype))
        of_wide = _gelu_backward(of_wide, self._wide, approximate=self._approximate, grad_input=of_wide)
        of_inner = self._inner.backward(of_wide)
        self._inner.add_of_given(of_wide, to=of_attended)
        of_hidden, of_projected, *of_attention_norm = self._attention_norm.backward(of_attended)
        of_output = self._output.backward(of_projected)
        of_mixed = self._output.of_given(of_projected).float()
        if self._asked is not None:
            of_mixed, of_hidden = self._spread(of_mixed, self._asked), self._spread(of_hidden, self._asked)
        of_inputs = self._attention.backward(of_mixed)
        self._inputs.add_of_given(of_inputs, to=of_hidden)
        return of_hidden, [
            *self._inputs.backward(of_inputs),
            *of_output,
            *of_inner,
            *of_outer,
            *of_attention_norm,
            *of_feed_forward_norm,
        ]

    def _spread(self, of_asked: Tensor, asked: Tensor) -> Tensor:
        """The gradient of all rows, given that of the rows asked for; what fills these up has none."""
        return of_asked.new_zeros(len(self.made.rows), of_asked.shape[1]).index_add_(0, asked, of_asked)


class _Affine:
    """``given @ weight.T + bias`` in the products' dtype; the results of several maps are side by side."""

    def __init__(self, maps: Sequence[nn.Linear], made: _Pass, *, name: str) -> None:
        self._weight = _joined([each.weight.to(made.dtype) for each in maps])
        self._bias = _joined([each.bias.to(made.dtype) for each in maps])
        self._maps, self._made, self._name = len(maps), made, name

    def forward(self, given: Tensor) -> Tensor:
        self._given = given
        out = self._made.buffers.take(self._name, len(given), len(self._weight), dtype=given.dtype)
        return torch.addmm(self._bias, given, self._weight.t(), out=out)

    def backward(self, gradient: Tensor) -> list[Tensor]:
        """The gradients of weight and bias, map by map."""
        of_weight, of_bias = torch.mm(gradient.t(), self._given).float(), gradient.sum(0).float()
        pairs = zip(of_weight.chunk(self._maps), of_bias.chunk(self._maps), strict=True)
        return [each for pair in pairs for each in pair]

    def of_given(self, gradient: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The gradient of what was given."""
        return torch.mm(gradient, self._weight, out=out)

    def add_of_given(self, gradient: Tensor, *, to: Tensor) -> None:
        """The same, added to a gradient in fp32."""
        if gradient.dtype == to.dtype:
            to.addmm_(gradient, self._weight)
        else:
            to.add_(self.of_given(gradient))


class _AddNorm:
    """Dropout, the residual sum and its norm."""

    def __init__(self, norm: nn.LayerNorm, dropout: Dropout, made: _Pass, *, name: str) -> None:
        self._norm, self._dropout, self._made, self._name = norm, dropout, made, name

    def forward(self, residual: Tensor, given: Tensor) -> Tensor:
        made, dropout, norm = self._made, self._dropout, self._norm
        given = given.float()
        self._total = made.buffers.take(self._name, *given.shape)
        self._dropped = dropout.draw(given.shape, made.random) if dropout.drops else None
        if self._dropped is None:
            torch.add(residual, given, out=self._total)
        else:
            kept = made.kept(self._dropped, "kept units")
            torch.addcmul(residual, given, kept, value=dropout.scale, out=self._total)
        normed, self._mean, self._deviation = torch.native_layer_norm(
            self._total, norm.weight.shape, norm.weight, norm.bias, norm.eps
        )
        return normed

    def backward(self, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The gradients of the residual stream, of what was given in the products' dtype, and of weight and bias."""
        weight, bias = self._norm.weight, self._norm.bias
        of_total, of_weight, of_bias = _norm_backward(
            gradient, self._total, weight.shape, self._mean, self._deviation, weight, bias, [True] * 3
        )
        of_given = of_total
        if self._dropped is not None:
            kept = self._made.kept(self._dropped, "kept units")
            of_given = kept.mul_(of_total).mul_(self._dropout.scale)
        return of_total, of_given.to(self._made.dtype), of_weight, of_bias


class _Attention:
    """``dropout(softmax(query @ key.T * scale)) @ value`` in each head, in fp32 (Vaswani et al. 2017, equation 1)."""

    def __init__(self, dropout: Dropout, made: _Pass, *, name: str) -> None:
        self._dropout, self._made, self._name = dropout, made, name

    def forward(self, inputs: Tensor) -> Tensor:
        """From the rows of query, key and value, side by side."""
        made, dropout, take = self._made, self._dropout, self._made.buffers.take
        self._inputs_shape = inputs.shape
        by_part = made.rows.by_part(inputs, 3, made.heads)
        query, key, value = take(f"{self._name} inputs by head", *by_part.shape).copy_(by_part).flatten(1, 2).unbind()
        self._scale = query.shape[2] ** -0.5
        shape = (len(query), query.shape[1], query.shape[1])
        scores = _product(query, key.transpose(1, 2), scale=self._scale, out=take("scores", *shape))
        if made.mask is not None:
            scores += made.mask
        weights = torch.softmax(scores, dim=-1, out=take(f"{self._name} weights", *shape))
        self._dropped = dropout.draw(shape, made.random) if dropout.drops else None
        left = weights if self._dropped is None else made.kept(self._dropped, "scores").mul_(weights)
        self._inputs = query, key, value, weights
        rows = take(f"{self._name} mixed", len(inputs), inputs.shape[1] // 3, dtype=made.dtype)
        made.rows.by_head(rows, made.heads).copy_(_product(left, value, scale=self._grown))
        made.rows.clear_end(rows)
        return rows

    def backward(self, gradient: Tensor) -> Tensor:
        """The gradients of query, key and value, in the products' dtype, side by side."""
        made, take = self._made, self._made.buffers.take
        query, key, value, weights = self._inputs
        gradient = made.rows.by_head(gradient, made.heads)
        of_weights = torch.bmm(gradient, value.transpose(1, 2), out=take("of weights", *weights.shape))
        left = weights
        if self._dropped is not None:
            kept = made.kept(self._dropped, "scores")
            of_weights *= kept
            left = kept.mul_(weights)
        of_inputs = take("of inputs by head", 3, *query.shape)
        _product(left.transpose(1, 2), gradient, scale=self._grown, out=of_inputs[2])
        of_scores = _softmax_backward(of_weights, weights, -1, weights.dtype, grad_input=take("scores", *weights.shape))
        _product(of_scores, key, scale=self._scale * self._grown, out=of_inputs[0])
        _product(of_scores.transpose(1, 2), query, scale=self._scale * self._grown, out=of_inputs[1])
        rows = take("of inputs", *self._inputs_shape, dtype=made.dtype)
        by_part = made.rows.by_part(rows, 3, made.heads)
        by_part.copy_(of_inputs.view(by_part.shape))
        made.rows.clear_end(rows)
        return rows

    @property
    def _grown(self) -> float:
        return 1.0 if self._dropped is None else self._dropout.scale


def _product(left: Tensor, right: Tensor, *, scale: float, out: Tensor | None = None) -> Tensor:
    """``left @ right * scale``, batch by batch."""
    return torch.baddbmm(left.new_empty(()), left, right, beta=0, alpha=scale, out=out)


def _joined(tensors: Sequence[Tensor]) -> Tensor:
    return tensors[0] if len(tensors) == 1 else torch.cat(list(tensors))
