"""Export of the baseline ``bilstm`` to an ONNX graph, built node by node; see :mod:`onoma.baselines.bilstm`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto
from torch import Tensor

from onoma.baselines.bilstm import OUTPUT, NetworkScorer, open_network
from onoma.baselines.vocabulary import Vocabulary, WordInputs
from onoma.errors import ParityError
from onoma.export.affine import as_array
from onoma.export.nodes import Nodes
from onoma.io.files import replacing_path
from onoma.models.word_network import WordNetwork, torch_compute

TOLERANCE = 1e-3
"""Maximum allowed difference of tag scores."""

_INPUT_AXES: dict[str, Sequence[str | int]] = {
    "words": ("forms",),
    "characters": ("forms", "characters"),
    "places": ("sentences", "length"),
    "lengths": ("sentences",),
}
_ONNX_GATES = (0, 3, 1, 2)
"""Indices of torch's LSTM gates (input, forget, cell, output) in the order of ONNX: input, output, forget, cell."""


def export_network(
    network: WordNetwork, path: Path, *, vocabulary: Vocabulary, samples: Sequence[Sequence[str]]
) -> float:
    """Write a network as an ONNX graph, if ONNX Runtime computes the same scores as torch.

    Args:
        network: network on any device and in any mode; it is not changed.
        path: path of the file to write.
        vocabulary: vocabulary of the network.
        samples: sentences for the comparison.

    Returns:
        The largest difference of a score.

    Raises:
        ParityError: the difference is above :data:`TOLERANCE`; ``path`` is not changed.
    """
    eval_network = copy.deepcopy(network).cpu().eval()
    with replacing_path(path) as draft:
        draft.write_bytes(write_network(eval_network).SerializeToString())
        expected = NetworkScorer(vocabulary, torch_compute(eval_network)).score(samples)
        actual = open_network(vocabulary, draft, threads=1).score(samples)
        difference = max(float(np.abs(one - other).max()) for one, other in zip(actual, expected, strict=True))
        if not difference <= TOLERANCE:
            raise ParityError(
                f"tag scores differ by up to {difference:.3g}, and {TOLERANCE:.3g} is allowed; the graph computes "
                "something else than torch, so it was not written"
            )
    return difference


def write_network(network: WordNetwork) -> onnx.ModelProto:
    """Return the graph of a network."""
    assert WordInputs._fields == tuple(_INPUT_AXES)
    nodes = Nodes()
    words = nodes("Gather", nodes.constant(as_array(network.words.weight)), "words")
    vectors = nodes("Concat", words, _add_character_features(nodes, network), axis=1)
    inputs = nodes("Gather", vectors, nodes("Transpose", "places", perm=[1, 0]))
    lengths = nodes("Cast", "lengths", to=int(TensorProto.INT32))
    lstms = (network.forward_lstm, network.backward_lstm)
    weights = [
        nodes.constant(np.stack([_reorder_gates(lstm.get_parameter(name)) for lstm in lstms]))
        for name in ("weight_ih_l0", "weight_hh_l0")
    ]
    bias = np.stack(
        [
            np.concatenate([_reorder_gates(lstm.get_parameter(name)) for name in ("bias_ih_l0", "bias_hh_l0")])
            for lstm in lstms
        ]
    )
    size = lstms[0].hidden_size
    hidden = nodes("LSTM", inputs, *weights, nodes.constant(bias), lengths, hidden_size=size, direction="bidirectional")
    hidden = nodes("Reshape", nodes("Transpose", hidden, perm=[2, 0, 1, 3]), nodes.integers(0, 0, 2 * size))
    affine = network.head.affine
    scores = nodes("MatMul", hidden, nodes.constant(as_array(affine.weight).T))
    scores = nodes("Add", scores, nodes.constant(as_array(affine.bias)))
    outputs = {OUTPUT: (scores, ("sentences", "length", network.head.tags))}
    return nodes.model(inputs=_INPUT_AXES, outputs=outputs, notes={})


def _add_character_features(nodes: Nodes, network: WordNetwork) -> str:
    """Add the character convolution with max pooling; return the name of the result, ``[forms, filters]``."""
    embedded = nodes("Gather", nodes.constant(as_array(network.characters.weight)), "characters")
    filters = network.filters
    assert filters.bias is not None
    convolved = nodes(
        "Conv",
        nodes("Transpose", embedded, perm=[0, 2, 1]),
        nodes.constant(as_array(filters.weight)),
        nodes.constant(as_array(filters.bias)),
        pads=[1, 1],
    )
    character_mask = nodes("Cast", nodes("Cast", "characters", to=int(TensorProto.BOOL)), to=int(TensorProto.FLOAT))
    character_mask = nodes("Unsqueeze", character_mask, nodes.integers(1))
    return nodes("ReduceMax", nodes("Mul", nodes("Relu", convolved), character_mask), nodes.integers(2), keepdims=0)


def _reorder_gates(weights: Tensor) -> NDArray[np.float32]:
    """Return the rows of a torch LSTM's weights, ``[4 * hidden, …]``, with the gates in the order of ONNX."""
    rows = as_array(weights)
    blocks = rows.reshape(4, -1, *rows.shape[1:])
    return np.concatenate([blocks[gate] for gate in _ONNX_GATES])
