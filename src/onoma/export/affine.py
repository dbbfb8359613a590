"""Affine maps and embeddings of a graph in fp32 or int8; all other operations are computed in fp32.

The int8 quantization is designed to lose little accuracy. Weights have one scale per output column, embeddings one per
row. Activations have one static range per array, which is calibrated in advance, so that the scores of a window do not
depend on the rest of its batch. However, a few columns of the activations are many times larger than the others. Before
maps with more outputs than inputs, the columns are equalised by factors that are multiplied into the weights (Xiao et
al. 2022, equation 4, with strength 0.65). After the activation function of the feed-forward block, where this did not
help, the largest columns are multiplied in fp32 (Dettmers et al. 2022, section 3.2). On a MiniLM with six layers, both
measures together cost a thirtieth of the time and reduce the differences of scores to a third.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from torch import Tensor, nn

from onoma.export.nodes import Nodes

Floats = NDArray[np.float32]

_SMOOTHING_STRENGTH = 0.65
_NUM_OUTLIER_COLUMNS = 4
_MIN_MAGNITUDE = 1e-5


@dataclass(frozen=True, slots=True)
class Range:
    """Minimum and maximum of each column of the inputs of an affine map, ``[columns]`` each."""

    low: Floats
    high: Floats

    @property
    def size(self) -> Floats:
        """Largest absolute value of each column, ``[columns]``."""
        return np.maximum(np.maximum(-self.low, self.high), _MIN_MAGNITUDE)


class Arithmetic(ABC):
    """Number format in which the embeddings and affine maps of a graph are computed."""

    @abstractmethod
    def embedded(self, nodes: Nodes, table: Tensor, ids: str) -> str:
        """Add a lookup of ids in an embedding table; return the name of the result."""

    @abstractmethod
    def mapped(self, nodes: Nodes, rows: str, *maps: nn.Linear) -> list[str]:
        """Add several affine maps of the same rows, ``[rows, columns]``; return the names of their results."""


class Exact(Arithmetic):
    """Embeddings and affine maps in fp32."""

    def embedded(self, nodes: Nodes, table: Tensor, ids: str) -> str:
        return nodes("Gather", nodes.constant(as_array(table)), ids)

    def mapped(self, nodes: Nodes, rows: str, *maps: nn.Linear) -> list[str]:
        return [
            nodes("Gemm", rows, nodes.constant(as_array(each.weight)), nodes.constant(as_array(each.bias)), transB=1)
            for each in maps
        ]


@dataclass(frozen=True, slots=True)
class Int8(Arithmetic):
    """Embeddings and affine maps in int8.

    Attributes:
        ranges: range of the inputs of each map; maps with the same inputs have the same range.
    """

    ranges: Mapping[nn.Module, Range]

    def embedded(self, nodes: Nodes, table: Tensor, ids: str) -> str:
        quantized, scales = _quantize_columns(as_array(table).T)
        rows = nodes("Cast", nodes("Gather", nodes.constant(quantized.T), ids), to=int(TensorProto.FLOAT))
        return nodes("Mul", rows, nodes("Gather", nodes.constant(scales[:, None]), ids))

    def mapped(self, nodes: Nodes, rows: str, *maps: nn.Linear) -> list[str]:
        input_range = self.ranges[maps[0]]
        weights = [as_array(each.weight).T for each in maps]
        biases = [nodes.constant(as_array(each.bias)) for each in maps]
        in_features, out_features = len(input_range.low), sum(each.out_features for each in maps)
        outliers: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        if out_features > in_features:
            factors = _smoothing_factors(input_range, np.concatenate(weights, axis=1))
            rows = nodes("Mul", rows, nodes.constant(1 / factors))
            weights = [each * factors[:, None] for each in weights]
            input_range = Range(input_range.low / factors, input_range.high / factors)
        elif out_features < in_features:
            outliers = np.sort(np.argsort(input_range.size)[-_NUM_OUTLIER_COLUMNS:])
        quantized_rows = self._quantize_rows(nodes, rows, input_range, excluded=outliers)
        if not len(outliers):
            return [_add_int8_product(nodes, quantized_rows, *each) for each in zip(weights, biases, strict=True)]
        outlier_columns = nodes("Gather", rows, nodes.integers(*outliers.tolist()), axis=1)
        results = []
        for each, bias in zip(weights, biases, strict=True):
            remaining_weights = each.copy()
            remaining_weights[outliers] = 0
            results.append(
                nodes(
                    "Gemm",
                    outlier_columns,
                    nodes.constant(each[outliers]),
                    _add_int8_product(nodes, quantized_rows, remaining_weights, bias),
                )
            )
        return results

    def _quantize_rows(
        self, nodes: Nodes, rows: str, input_range: Range, *, excluded: NDArray[np.intp]
    ) -> tuple[str, str, str]:
        """Add the quantization of rows to uint8; return the names of the result, its scale and its zero point.

        The columns in ``excluded`` do not contribute to the range, so their values may be clipped.
        """
        low = min(float(np.delete(input_range.low, excluded).min()), 0.0)
        high = max(float(np.delete(input_range.high, excluded).max()), 0.0)
        step = max((high - low) / 255, _MIN_MAGNITUDE)
        scale = nodes.constant(np.array(step, dtype=np.float32))
        zero = nodes.constant(np.array(round(-low / step), dtype=np.uint8))
        return nodes("QuantizeLinear", rows, scale, zero), scale, zero


def as_array(tensor: Tensor) -> Floats:
    """Return a parameter as an fp32 array."""
    values: Floats = tensor.detach().float().cpu().numpy()
    return values


def _add_int8_product(nodes: Nodes, quantized_rows: tuple[str, str, str], weights: Floats, bias: str) -> str:
    rows, scale, zero = quantized_rows
    quantized_weights, scales = _quantize_columns(weights)
    return nodes(
        "MatMulIntegerToFloat", rows, nodes.constant(quantized_weights), scale, nodes.constant(scales), zero, "", bias
    )


def _quantize_columns(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return weights quantized to int8, and the scale of each column."""
    scales = (np.maximum(np.abs(weights).max(axis=0), _MIN_MAGNITUDE) / 127).astype(np.float32)
    return np.round(weights / scales).astype(np.int8), scales


def _smoothing_factors(input_range: Range, weights: Floats) -> Floats:
    """Return the factors by which columns of activations are divided and rows of weights multiplied, ``[columns]``."""
    row_max = np.maximum(np.abs(weights).max(axis=1), _MIN_MAGNITUDE)
    factors: Floats = (input_range.size**_SMOOTHING_STRENGTH / row_max ** (1 - _SMOOTHING_STRENGTH)).astype(np.float32)
    return factors
