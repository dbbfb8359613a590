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

_STRENGTH = 0.65
_APART = 4
_SMALLEST = 1e-5


@dataclass(frozen=True, slots=True)
class Range:
    """Minimum and maximum of each column of the inputs of an affine map, ``[columns]`` each."""

    low: Floats
    high: Floats

    @property
    def size(self) -> Floats:
        """Largest absolute value of each column, ``[columns]``."""
        return np.maximum(np.maximum(-self.low, self.high), _SMALLEST)


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
        rounded, scales = _rounded(as_array(table).T)
        rows = nodes("Cast", nodes("Gather", nodes.constant(rounded.T), ids), to=int(TensorProto.FLOAT))
        return nodes("Mul", rows, nodes("Gather", nodes.constant(scales[:, None]), ids))

    def mapped(self, nodes: Nodes, rows: str, *maps: nn.Linear) -> list[str]:
        measured = self.ranges[maps[0]]
        weights = [as_array(each.weight).T for each in maps]
        biases = [nodes.constant(as_array(each.bias)) for each in maps]
        inner, outer = len(measured.low), sum(each.out_features for each in maps)
        apart: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        if outer > inner:
            factors = _evening(measured, np.concatenate(weights, axis=1))
            rows = nodes("Mul", rows, nodes.constant(1 / factors))
            weights = [each * factors[:, None] for each in weights]
            measured = Range(measured.low / factors, measured.high / factors)
        elif outer < inner:
            apart = np.sort(np.argsort(measured.size)[-_APART:])
        quantised = self._quantised(nodes, rows, measured, without=apart)
        if not len(apart):
            return [_product(nodes, quantised, *each) for each in zip(weights, biases, strict=True)]
        columns = nodes("Gather", rows, nodes.whole(*apart.tolist()), axis=1)
        results = []
        for each, bias in zip(weights, biases, strict=True):
            rest = each.copy()
            rest[apart] = 0
            results.append(nodes("Gemm", columns, nodes.constant(each[apart]), _product(nodes, quantised, rest, bias)))
        return results

    def _quantised(
        self, nodes: Nodes, rows: str, measured: Range, *, without: NDArray[np.intp]
    ) -> tuple[str, str, str]:
        """Add the quantization of rows to uint8; return the names of the result, its scale and its zero point.

        The columns in ``without`` do not contribute to the range, so their values may be clipped.
        """
        low = min(float(np.delete(measured.low, without).min()), 0.0)
        high = max(float(np.delete(measured.high, without).max()), 0.0)
        step = max((high - low) / 255, _SMALLEST)
        scale = nodes.constant(np.array(step, dtype=np.float32))
        zero = nodes.constant(np.array(round(-low / step), dtype=np.uint8))
        return nodes("QuantizeLinear", rows, scale, zero), scale, zero


def as_array(tensor: Tensor) -> Floats:
    """Return a parameter as an fp32 array."""
    values: Floats = tensor.detach().float().cpu().numpy()
    return values


def _product(nodes: Nodes, quantised: tuple[str, str, str], weights: Floats, bias: str) -> str:
    rows, scale, zero = quantised
    rounded, scales = _rounded(weights)
    return nodes("MatMulIntegerToFloat", rows, nodes.constant(rounded), scale, nodes.constant(scales), zero, "", bias)


def _rounded(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return weights quantized to int8, and the scale of each column."""
    scales = (np.maximum(np.abs(weights).max(axis=0), _SMALLEST) / 127).astype(np.float32)
    return np.round(weights / scales).astype(np.int8), scales


def _evening(measured: Range, weights: Floats) -> Floats:
    """Return the factors by which columns of activations are divided and rows of weights multiplied, ``[columns]``."""
    of_weights = np.maximum(np.abs(weights).max(axis=1), _SMALLEST)
    factors: Floats = (measured.size**_STRENGTH / of_weights ** (1 - _STRENGTH)).astype(np.float32)
    return factors
