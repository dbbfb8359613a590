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

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from onoma.models.cpu_operations import AddNorm, Affine, AttentionOperation, Pass
from onoma.models.layer import Layer
from onoma.models.rows import Buffers, Rows

_GRANULE = 32

_gelu = torch.ops.aten.gelu.out
_gelu_backward = torch.ops.aten.gelu_backward.grad_input


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
    made = Pass(rows, ours[0].attention.heads, dtype, idle.pop() if idle else Buffers())
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


class _Layer:
    def __init__(self, layer: Layer, made: Pass, *, name: str) -> None:
        attention, feed_forward = layer.attention, layer.feed_forward
        self.made = made
        self._inputs = Affine([attention.query, attention.key, attention.value], made, name=f"{name} inputs")
        self._attention = AttentionOperation(attention.dropout, made, name=name)
        self._output = Affine([attention.output], made, name=f"{name} output")
        self._attention_norm = AddNorm(layer.attention_norm, layer.dropout, made, name=f"{name} attended")
        self._inner = Affine([feed_forward.inner], made, name=f"{name} wide")
        self._outer = Affine([feed_forward.outer], made, name=f"{name} narrow")
        self._feed_forward_norm = AddNorm(layer.feed_forward_norm, layer.dropout, made, name=f"{name} fed")
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
