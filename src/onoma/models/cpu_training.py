"""The layers of an encoder with hand-written forward and backward passes, for training on a CPU.

They compute the same as autograd with :class:`~onoma.models.layer.Layer`, at a lower cost:

- Matrix products use the dtype of autocast. Weights and activations are cast only once; the residual stream, norms and
  attention stay in fp32.
- oneDNN compiles a kernel for every new shape of a 16-bit product, so the number of rows is padded to a multiple of 32.
- Large arrays are reused from step to step.
- Query, key and value are computed by one product; a dropout mask is kept as one byte per unit; scalings and sums are
  fused into operations that are needed anyway.

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

from onoma.models.cpu_operations import AddNorm, Affine, AttentionOperation, PassState
from onoma.models.layer import Layer
from onoma.models.row_layout import BufferPool, RowLayout

_GRANULE = 32

_gelu = torch.ops.aten.gelu.out
_gelu_backward = torch.ops.aten.gelu_backward.grad_input


def row_multiple(dtype: torch.dtype) -> int:
    """Return the number that the row count of a matrix product in this dtype should be a multiple of."""
    return 1 if dtype == torch.float32 else _GRANULE


def runs(layers: Iterable[nn.Module]) -> bool:
    """Return whether :func:`run_layers` supports these layers.

    It supports our own :class:`~onoma.models.layer.Layer` with no submodule replaced and with GELU as the activation.
    """
    return all(
        isinstance(layer, Layer)
        and all(type(affine) is nn.Linear for affine in _affines(layer))
        and isinstance(layer.feed_forward.activation, nn.GELU)
        for layer in layers
    )


def run_layers(
    embedded: Float[Tensor, "rows hidden"],
    rows: RowLayout,
    asked: Int64[Tensor, " asked"],
    *,
    layers: Iterable[nn.Module],
    dtype: torch.dtype,
    idle: list[BufferPool],
    recompute: bool,
) -> Float[Tensor, "asked hidden"]:
    """Return the hidden states of some rows after all layers; the result is differentiable once.

    Args:
        embedded: input of the first layer.
        rows: layout of the subwords in rows.
        asked: indices of the rows whose hidden states are returned.
        layers: layers of an encoder, for which :func:`runs` must return true.
        dtype: dtype of the matrix products of the affine maps; weights are in fp32.
        idle: buffers that no pass uses; one is taken, and returned at the end of the backward pass.
        recompute: whether to keep only the input of each layer and recompute the rest in the backward pass.
    """
    filled = functional.pad(asked, (0, -len(asked) % row_multiple(dtype)))
    ours = [layer for layer in layers if isinstance(layer, Layer)]
    weights = [weight for layer in ours for weight in _weights(layer)]
    made = PassState(rows, ours[0].attention.heads, dtype, idle.pop() if idle else BufferPool())
    steps = [_Layer(layer, made, name=str(0 if recompute else number)) for number, layer in enumerate(ours)]
    hidden: Tensor = _Layers.apply(embedded, steps, filled, recompute, idle, *weights)  # type: ignore[no-untyped-call]
    return hidden[: len(asked)]


def _affines(layer: Layer) -> tuple[nn.Module, ...]:
    attention, feed_forward = layer.attention, layer.feed_forward
    return (attention.query, attention.key, attention.value, attention.output, feed_forward.inner, feed_forward.outer)


def _weights(layer: Layer) -> list[Tensor]:
    """Return the parameters of a layer, in the order in which the backward pass returns their gradients."""
    parts = (*_affines(layer), layer.attention_norm, layer.feed_forward_norm)
    return [weight for part in parts for weight in part.parameters()]


class _Layers(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917, since autograd passes arguments by position
        ctx: Any,
        embedded: Tensor,
        layers: list[_Layer],
        asked: Tensor,
        recompute: bool,
        idle: list[BufferPool],
        *_weights: Tensor,
    ) -> Tensor:
        ctx.layers, ctx.asked, ctx.idle = layers, asked, idle
        hidden = embedded
        # For recomputation: the input of each layer, and the random state before its forward pass.
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
    def __init__(self, layer: Layer, made: PassState, *, name: str) -> None:
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
        """Return the gradient of the layer's input, and the gradients of its parameters."""
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
        """Return the gradient of all rows, given that of the requested rows.

        The requested rows were padded with copies of row 0, whose gradient is zero.
        """
        return of_asked.new_zeros(len(self.made.rows), of_asked.shape[1]).index_add_(0, asked, of_asked)
