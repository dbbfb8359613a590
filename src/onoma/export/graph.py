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

_ACTIVATIONS = (nn.GELU, nn.ReLU, nn.SiLU)
_LOWEST = float(np.finfo(np.float32).min)


def writable(model: Model) -> bool:
    """Return whether :func:`write_graph` supports all parts of a model."""
    encoder = model.encoder
    return (
        isinstance(encoder, Encoder)
        and all(isinstance(model.head(task), AffineHead) for task in model.heads)
        and all(isinstance(layer.feed_forward.activation, _ACTIVATIONS) for layer in _layers(encoder))
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
    real = nodes("Cast", nodes("Cast", mask, to=int(TensorProto.BOOL)), to=int(TensorProto.FLOAT))
    hidden = _embeddings(nodes, encoder.embeddings, ids, real, arithmetic=chosen)
    hidden = nodes("Reshape", hidden, nodes.whole(-1, encoder.embeddings.words.embedding_dim))
    if isinstance(encoder.projection, nn.Linear):
        (hidden,) = chosen.mapped(nodes, hidden, encoder.projection)
    attention = _AttentionNodes(nodes, ids, real, heads=encoder.config.heads, width=encoder.hidden)
    *lower, last = _layers(encoder)
    for number, layer in enumerate(lower):
        hidden = _layer(nodes, layer, hidden, attention, arithmetic=exact if number < exact_layers else chosen)
    # If the mask contains a 2, only scores of subwords marked with 2 are needed, otherwise of all but the padding.
    flat = nodes("Reshape", mask, nodes.whole(-1))
    wanted = nodes(
        "Squeeze", nodes("NonZero", nodes("Equal", flat, nodes("ReduceMax", flat, keepdims=0))), nodes.whole(0)
    )
    arithmetic = exact if len(lower) < exact_layers else chosen
    hidden = _layer(nodes, last, hidden, attention, arithmetic=arithmetic, at=wanted)
    axes = ("batch", "subwords")
    outputs: dict[str, tuple[str, tuple[str | int, ...]]] = {}
    for task in model.heads:
        head = model.head(task)
        assert isinstance(head, AffineHead)
        (scores,) = exact.mapped(nodes, hidden, head.affine)
        count = nodes.whole(head.affine.out_features)
        everywhere = nodes("ConstantOfShape", nodes("Concat", nodes("Shape", flat), count, axis=0))
        scores = nodes("ScatterND", everywhere, nodes("Unsqueeze", wanted, nodes.whole(1)), scores)
        scores = nodes("Reshape", scores, nodes("Concat", nodes("Shape", ids), count, axis=0))
        value = nodes("Transpose", scores, perm=[1, 0, 2])
        outputs[output_of(task)] = value, (*axes, head.affine.out_features)
    return nodes.model(inputs=dict.fromkeys(INPUTS, axes), outputs=outputs, notes={WANTED: "2"})


def _layers(encoder: Encoder) -> list[Layer]:
    return [layer for layer in encoder.layers if isinstance(layer, Layer)]


def _embeddings(nodes: Nodes, parts: Embeddings, ids: str, real: str, *, arithmetic: Arithmetic) -> str:
    """Add the embeddings; return the name of the result, ``[subwords, batch, embedding width]``.

    Positions are counted without padding. They are computed as integers, because bf16 cannot represent odd numbers
    above 256.
    """
    counted = nodes("CumSum", nodes("Cast", real, to=int(TensorProto.INT64)), nodes.constant(np.array(0)))
    places = nodes("Max", nodes("Sub", counted, nodes.whole(1)), nodes.whole(0))
    positions = as_array(parts.positions.weight)[parts.first_position :] + as_array(parts.types.weight)[0]
    words = arithmetic.embedded(nodes, parts.words.weight, ids)
    return _normed(nodes, parts.norm, nodes("Add", words, nodes("Gather", nodes.constant(positions), places)))


class _AttentionNodes:
    """Multi-head attention over rows of hidden states, ``[subwords * batch, hidden]``."""

    def __init__(self, nodes: Nodes, ids: str, real: str, *, heads: int, width: int) -> None:
        self._nodes = nodes
        self._rows = nodes.whole(-1, width)
        self._heads = nodes("Concat", nodes("Shape", ids), nodes.whole(heads, width // heads), axis=0)
        self._scale = (width // heads) ** -0.5
        padding = nodes("Transpose", nodes("Sub", nodes.constant(np.array([1], dtype=np.float32)), real), perm=[1, 0])
        lowest = nodes("Mul", padding, nodes.constant(np.array([_LOWEST / 2], dtype=np.float32)))
        self._bias = nodes("Unsqueeze", lowest, nodes.whole(1, 2))

    def __call__(self, query: str, key: str, value: str) -> str:
        nodes = self._nodes
        query, key, value = (nodes("Reshape", rows, self._heads) for rows in (query, key, value))
        scores = nodes("FusedMatMul", query, key, alpha=self._scale, transB=1, transBatchA=1, transBatchB=1)
        weights = nodes("Softmax", nodes("Add", scores, self._bias), axis=-1)
        mixed = nodes("FusedMatMul", weights, value, transBatchB=1)
        return nodes("Reshape", nodes("Transpose", mixed, perm=[2, 0, 1, 3]), self._rows)


def _layer(
    nodes: Nodes,
    layer: Layer,
    hidden: str,
    attention: _AttentionNodes,
    *,
    arithmetic: Arithmetic,
    at: str | None = None,
) -> str:
    """Add a layer; return the name of its hidden states, for all rows or only for the rows ``at``."""
    maps, feed_forward = layer.attention, layer.feed_forward
    mixed = attention(*arithmetic.mapped(nodes, hidden, maps.query, maps.key, maps.value))
    if at is not None:
        mixed, hidden = nodes("Gather", mixed, at), nodes("Gather", hidden, at)
    (mixed,) = arithmetic.mapped(nodes, mixed, maps.output)
    attended = _normed(nodes, layer.attention_norm, nodes("Add", hidden, mixed))
    (widened,) = arithmetic.mapped(nodes, attended, feed_forward.inner)
    (fed,) = arithmetic.mapped(nodes, _activated(nodes, feed_forward.activation, widened), feed_forward.outer)
    return _normed(nodes, layer.feed_forward_norm, nodes("Add", attended, fed))


def _activated(nodes: Nodes, activation: nn.Module, rows: str) -> str:
    if isinstance(activation, nn.GELU):
        return nodes("Gelu", rows, approximate=activation.approximate)
    return nodes("Relu", rows) if isinstance(activation, nn.ReLU) else nodes("Mul", rows, nodes("Sigmoid", rows))


def _normed(nodes: Nodes, norm: nn.LayerNorm, rows: str) -> str:
    weight, bias = (nodes.constant(as_array(part)) for part in (norm.weight, norm.bias))
    return nodes("LayerNormalization", rows, weight, bias, epsilon=norm.eps)
