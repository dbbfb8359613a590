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

_ROW_MULTIPLE = 32

_gelu = torch.ops.aten.gelu.out
_gelu_backward = torch.ops.aten.gelu_backward.grad_input


def row_multiple(dtype: torch.dtype) -> int:
    """Return the number that the row count of a matrix product in this dtype should be a multiple of."""
    return 1 if dtype == torch.float32 else _ROW_MULTIPLE


def can_run_layers(layers: Iterable[nn.Module]) -> bool:
    """Return whether :func:`run_layers` supports these layers.

    It supports our own :class:`~onoma.models.layer.Layer` with no submodule replaced and with GELU as the activation.
    """
    return all(
        isinstance(layer, Layer)
        and all(type(affine) is nn.Linear for affine in _affine_maps(layer))
        and isinstance(layer.feed_forward.activation, nn.GELU)
        for layer in layers
    )


def run_layers(
    embedded: Float[Tensor, "rows hidden"],
    rows: RowLayout,
    selected_rows: Int64[Tensor, " selected"],
    *,
    layers: Iterable[nn.Module],
    dtype: torch.dtype,
    idle: list[BufferPool],
    recompute: bool,
) -> Float[Tensor, "selected hidden"]:
    """Return the hidden states of some rows after all layers; the result is differentiable once.

    Args:
        embedded: input of the first layer.
        rows: layout of the subwords in rows.
        selected_rows: indices of the rows whose hidden states are returned.
        layers: layers of an encoder, for which :func:`can_run_layers` must return true.
        dtype: dtype of the matrix products of the affine maps; weights are in fp32.
        idle: buffers that no pass uses; one is taken, and returned at the end of the backward pass.
        recompute: whether to keep only the input of each layer and recompute the rest in the backward pass.
    """
    padded_rows = functional.pad(selected_rows, (0, -len(selected_rows) % row_multiple(dtype)))
    bert_layers = [layer for layer in layers if isinstance(layer, Layer)]
    weights = [weight for layer in bert_layers for weight in _weights(layer)]
    state = PassState(rows, bert_layers[0].attention.heads, dtype, idle.pop() if idle else BufferPool())
    operations = [
        _LayerOperation(layer, state, name=str(0 if recompute else number)) for number, layer in enumerate(bert_layers)
    ]
    hidden: Tensor = _LayersFunction.apply(embedded, operations, padded_rows, recompute, idle, *weights)  # type: ignore[no-untyped-call]
    return hidden[: len(selected_rows)]


def _affine_maps(layer: Layer) -> tuple[nn.Module, ...]:
    attention, feed_forward = layer.attention, layer.feed_forward
    return (attention.query, attention.key, attention.value, attention.output, feed_forward.inner, feed_forward.outer)


def _weights(layer: Layer) -> list[Tensor]:
    """Return the parameters of a layer, in the order in which the backward pass returns their gradients."""
    modules = (*_affine_maps(layer), layer.attention_norm, layer.feed_forward_norm)
    return [weight for module in modules for weight in module.parameters()]


class _LayersFunction(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917, since autograd passes arguments by position
        ctx: Any,
        embedded: Tensor,
        layers: list[_LayerOperation],
        selected_rows: Tensor,
        recompute: bool,
        idle: list[BufferPool],
        *_weights: Tensor,
    ) -> Tensor:
        ctx.layers, ctx.selected_rows, ctx.idle = layers, selected_rows, idle
        hidden = embedded
        # For recomputation: the input of each layer, and the random state before its forward pass.
        inputs: list[tuple[Tensor, Any]] = []
        for layer in layers:
            if recompute:
                inputs.append((hidden, layer.state.random.bit_generator.state))
            hidden = layer.forward(hidden, selected_rows if layer is layers[-1] else None)
        ctx.inputs = inputs
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        needs_embedded_grad, _, _, _, _, *needs_weight_grads = ctx.needs_input_grad
        layers, weights_per_layer = ctx.layers, len(needs_weight_grads) // len(ctx.layers)
        gradients: list[Tensor | None] = []
        for number in reversed(range(len(layers))):
            if not needs_embedded_grad and not any(needs_weight_grads[: weights_per_layer * (number + 1)]):
                gradients[:0] = [None] * weights_per_layer
                continue
            if ctx.inputs:
                layer_input, layers[number].state.random.bit_generator.state = ctx.inputs[number]
                layers[number].forward(layer_input, ctx.selected_rows if number == len(layers) - 1 else None)
            gradient, grad_weights = layers[number].backward(gradient)
            gradients[:0] = grad_weights
        ctx.idle.append(layers[0].state.buffers)
        ctx.layers = None
        return (gradient if needs_embedded_grad else None, None, None, None, None, *gradients)


class _LayerOperation:
    def __init__(self, layer: Layer, state: PassState, *, name: str) -> None:
        attention, feed_forward = layer.attention, layer.feed_forward
        self.state = state
        self._qkv = Affine([attention.query, attention.key, attention.value], state, name=f"{name} inputs")
        self._attention = AttentionOperation(attention.dropout, state, name=name)
        self._output = Affine([attention.output], state, name=f"{name} output")
        self._attention_norm = AddNorm(layer.attention_norm, layer.dropout, state, name=f"{name} attended")
        self._inner = Affine([feed_forward.inner], state, name=f"{name} wide")
        self._outer = Affine([feed_forward.outer], state, name=f"{name} narrow")
        self._feed_forward_norm = AddNorm(layer.feed_forward_norm, layer.dropout, state, name=f"{name} fed")
        assert isinstance(feed_forward.activation, nn.GELU)
        self._approximate = feed_forward.activation.approximate
        self._activation_buffer = f"{name} activated"
        self._selected_rows: Tensor | None = None

    def forward(self, hidden: Tensor, selected_rows: Tensor | None = None) -> Tensor:
        state, self._selected_rows = self.state, selected_rows
        context = self._attention.forward(self._qkv.forward(hidden.to(state.dtype)))
        if selected_rows is not None:
            context, hidden = context[selected_rows], hidden[selected_rows]
        attended = self._attention_norm.forward(hidden, self._output.forward(context))
        self._inner_output = self._inner.forward(attended.to(state.dtype))
        activated = state.buffers.take(self._activation_buffer, *self._inner_output.shape, dtype=state.dtype)
        activated = _gelu(self._inner_output, approximate=self._approximate, out=activated)
        return self._feed_forward_norm.forward(attended, self._outer.forward(activated))

    def backward(self, gradient: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the gradient of the layer's input, and the gradients of its parameters."""
        state = self.state
        grad_attended, grad_feed_forward, *feed_forward_norm_grads = self._feed_forward_norm.backward(gradient)
        outer_grads = self._outer.backward(grad_feed_forward)
        grad_inner_output = self._outer.input_gradient(
            grad_feed_forward, out=state.buffers.take("wide", *self._inner_output.shape, dtype=state.dtype)
        )
        grad_inner_output = _gelu_backward(
            grad_inner_output, self._inner_output, approximate=self._approximate, grad_input=grad_inner_output
        )
        inner_grads = self._inner.backward(grad_inner_output)
        self._inner.add_input_gradient(grad_inner_output, to=grad_attended)
        grad_hidden, grad_attention_output, *attention_norm_grads = self._attention_norm.backward(grad_attended)
        output_map_grads = self._output.backward(grad_attention_output)
        grad_context = self._output.input_gradient(grad_attention_output).float()
        if self._selected_rows is not None:
            grad_context, grad_hidden = (
                self._scatter_gradient(grad_context, self._selected_rows),
                self._scatter_gradient(grad_hidden, self._selected_rows),
            )
        grad_qkv = self._attention.backward(grad_context)
        self._qkv.add_input_gradient(grad_qkv, to=grad_hidden)
        return grad_hidden, [
            *self._qkv.backward(grad_qkv),
            *output_map_grads,
            *inner_grads,
            *outer_grads,
            *attention_norm_grads,
            *feed_forward_norm_grads,
        ]

    def _scatter_gradient(self, grad_selected: Tensor, selected_rows: Tensor) -> Tensor:
        """Return the gradient of all rows, given that of the selected rows.

        The selected rows were padded with copies of row 0, whose gradient is zero.
        """
        return grad_selected.new_zeros(len(self.state.rows), grad_selected.shape[1]).index_add_(
            0, selected_rows, grad_selected
        )
