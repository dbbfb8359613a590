"""ONNX graphs of :class:`~onoma.models.encoder.Encoder` with affine heads, built node by node for ONNX Runtime.

Such a graph is faster than a traced one for four reasons. Hidden states are one matrix of rows, so that each bias is
added within its matrix product. The rows are ordered by subword first and window second, so that the products of the
attention read queries, keys and values without transposing them. GELU is a single operator. In the last layer,
everything after the attention is computed only for the subwords whose scores are needed.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto
from torch import nn

from onoma.export.affine import Arithmetic, Exact, as_array
from onoma.export.nodes import Nodes
from onoma.models import AffineHead, Model
from onoma.models.encoder import Embeddings, Encoder
from onoma.models.layer import Layer
from onoma.runtime.graph import INPUTS, WANTED, output_of

_SUPPORTED_ACTIVATIONS = (nn.GELU, nn.ReLU, nn.SiLU)
_MIN_FLOAT32 = float(np.finfo(np.float32).min)


def writable(model: Model) -> bool:
    """Return whether :func:`write_graph` supports all parts of a model."""
    encoder = model.encoder
    return (
        isinstance(encoder, Encoder)
        and all(isinstance(model.head(task), AffineHead) for task in model.heads)
        and all(isinstance(layer.feed_forward.activation, _SUPPORTED_ACTIVATIONS) for layer in _layers(encoder))
    )


def write_graph(model: Model, *, arithmetic: Arithmetic | None = None, exact_layers: int = 0) -> onnx.ModelProto:
    """Return the graph of a model.

    Args:
        model: model for which :func:`writable` is true, on any device.
        arithmetic: number format of embeddings and layers; fp32 if None. The heads are always computed in fp32.
        exact_layers: number of layers, counted from the embeddings, that are computed in fp32 in any case.
    """
    encoder = model.encoder
    assert isinstance(encoder, Encoder)
    chosen, exact = arithmetic or Exact(), Exact()
    nodes = Nodes()
    ids, mask = (nodes("Transpose", name, perm=[1, 0]) for name in INPUTS)
    token_mask = nodes("Cast", nodes("Cast", mask, to=int(TensorProto.BOOL)), to=int(TensorProto.FLOAT))
    hidden = _add_embeddings(nodes, encoder.embeddings, ids, token_mask, arithmetic=chosen)
    hidden = nodes("Reshape", hidden, nodes.integers(-1, encoder.embeddings.words.embedding_dim))
    if isinstance(encoder.projection, nn.Linear):
        (hidden,) = chosen.mapped(nodes, hidden, encoder.projection)
    attention = _AttentionNodes(nodes, ids, token_mask, heads=encoder.config.heads, width=encoder.hidden)
    *lower, last = _layers(encoder)
    for number, layer in enumerate(lower):
        hidden = _add_layer(nodes, layer, hidden, attention, arithmetic=exact if number < exact_layers else chosen)
    # If the mask contains a 2, only scores of subwords marked with 2 are needed, otherwise of all but the padding.
    flat = nodes("Reshape", mask, nodes.integers(-1))
    selected_rows = nodes(
        "Squeeze", nodes("NonZero", nodes("Equal", flat, nodes("ReduceMax", flat, keepdims=0))), nodes.integers(0)
    )
    arithmetic = exact if len(lower) < exact_layers else chosen
    hidden = _add_layer(nodes, last, hidden, attention, arithmetic=arithmetic, selected_rows=selected_rows)
    axes = ("batch", "subwords")
    outputs: dict[str, tuple[str, tuple[str | int, ...]]] = {}
    for task in model.heads:
        head = model.head(task)
        assert isinstance(head, AffineHead)
        (scores,) = exact.mapped(nodes, hidden, head.affine)
        count = nodes.integers(head.affine.out_features)
        zeros = nodes("ConstantOfShape", nodes("Concat", nodes("Shape", flat), count, axis=0))
        scores = nodes("ScatterND", zeros, nodes("Unsqueeze", selected_rows, nodes.integers(1)), scores)
        scores = nodes("Reshape", scores, nodes("Concat", nodes("Shape", ids), count, axis=0))
        output = nodes("Transpose", scores, perm=[1, 0, 2])
        outputs[output_of(task)] = output, (*axes, head.affine.out_features)
    return nodes.model(inputs=dict.fromkeys(INPUTS, axes), outputs=outputs, notes={WANTED: "2"})


def _layers(encoder: Encoder) -> list[Layer]:
    return [layer for layer in encoder.layers if isinstance(layer, Layer)]


def _add_embeddings(nodes: Nodes, parts: Embeddings, ids: str, token_mask: str, *, arithmetic: Arithmetic) -> str:
    """Add the embeddings; return the name of the result, ``[subwords, batch, embedding width]``.

    Positions are counted without padding. They are computed as integers, because bf16 cannot represent odd numbers
    above 256.
    """
    token_counts = nodes("CumSum", nodes("Cast", token_mask, to=int(TensorProto.INT64)), nodes.constant(np.array(0)))
    position_ids = nodes("Max", nodes("Sub", token_counts, nodes.integers(1)), nodes.integers(0))
    position_embeddings = as_array(parts.positions.weight)[parts.first_position :] + as_array(parts.types.weight)[0]
    word_embeddings = arithmetic.embedded(nodes, parts.words.weight, ids)
    return _add_layer_norm(
        nodes,
        parts.norm,
        nodes("Add", word_embeddings, nodes("Gather", nodes.constant(position_embeddings), position_ids)),
    )


class _AttentionNodes:
    """Multi-head attention over rows of hidden states, ``[subwords * batch, hidden]``."""

    def __init__(self, nodes: Nodes, ids: str, token_mask: str, *, heads: int, width: int) -> None:
        self._nodes = nodes
        self._row_shape = nodes.integers(-1, width)
        self._head_shape = nodes("Concat", nodes("Shape", ids), nodes.integers(heads, width // heads), axis=0)
        self._scale = (width // heads) ** -0.5
        padding = nodes(
            "Transpose", nodes("Sub", nodes.constant(np.array([1], dtype=np.float32)), token_mask), perm=[1, 0]
        )
        bias = nodes("Mul", padding, nodes.constant(np.array([_MIN_FLOAT32 / 2], dtype=np.float32)))
        self._padding_bias = nodes("Unsqueeze", bias, nodes.integers(1, 2))

    def __call__(self, query: str, key: str, value: str) -> str:
        nodes = self._nodes
        query, key, value = (nodes("Reshape", rows, self._head_shape) for rows in (query, key, value))
        scores = nodes("FusedMatMul", query, key, alpha=self._scale, transB=1, transBatchA=1, transBatchB=1)
        weights = nodes("Softmax", nodes("Add", scores, self._padding_bias), axis=-1)
        context = nodes("FusedMatMul", weights, value, transBatchB=1)
        return nodes("Reshape", nodes("Transpose", context, perm=[2, 0, 1, 3]), self._row_shape)


def _add_layer(
    nodes: Nodes,
    layer: Layer,
    hidden: str,
    attention: _AttentionNodes,
    *,
    arithmetic: Arithmetic,
    selected_rows: str | None = None,
) -> str:
    """Add a layer; return the name of its hidden states, for all rows or only for ``selected_rows``."""
    maps, feed_forward = layer.attention, layer.feed_forward
    attention_output = attention(*arithmetic.mapped(nodes, hidden, maps.query, maps.key, maps.value))
    if selected_rows is not None:
        attention_output, hidden = (
            nodes("Gather", attention_output, selected_rows),
            nodes("Gather", hidden, selected_rows),
        )
    (attention_output,) = arithmetic.mapped(nodes, attention_output, maps.output)
    attended = _add_layer_norm(nodes, layer.attention_norm, nodes("Add", hidden, attention_output))
    (intermediate,) = arithmetic.mapped(nodes, attended, feed_forward.inner)
    (feed_forward_output,) = arithmetic.mapped(
        nodes, _add_activation(nodes, feed_forward.activation, intermediate), feed_forward.outer
    )
    return _add_layer_norm(nodes, layer.feed_forward_norm, nodes("Add", attended, feed_forward_output))


def _add_activation(nodes: Nodes, activation: nn.Module, rows: str) -> str:
    if isinstance(activation, nn.GELU):
        return nodes("Gelu", rows, approximate=activation.approximate)
    return nodes("Relu", rows) if isinstance(activation, nn.ReLU) else nodes("Mul", rows, nodes("Sigmoid", rows))


def _add_layer_norm(nodes: Nodes, norm: nn.LayerNorm, rows: str) -> str:
    weight, bias = (nodes.constant(as_array(part)) for part in (norm.weight, norm.bias))
    return nodes("LayerNormalization", rows, weight, bias, epsilon=norm.eps)
