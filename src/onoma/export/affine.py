"""The affine maps and the embeddings of a graph, in fp32 or in int8; everything else in a graph is fp32.

How int8 loses little, measured on a MiniLM of six layers: weights have a scale for each output (a row, of embeddings).
Activations have one range for the whole array, which is measured beforehand, so that a window's scores do not depend on
its neighbours; but a few of their columns are many times larger than the rest. Before a map that widens, columns are
brought nearer to each other by a factor that the weights take back (Xiao et al. 2022, equation 4, with strength 0.65).
After the feed-forward step's nonlinearity, where that did not help, the largest columns are multiplied in fp32
(Dettmers et al. 2022, section 3.2). Together they cost a thirtieth of the time, and scores differ by a third as much.
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
    """The lowest and the highest value of each column of what goes into a map, ``[columns]`` each."""

    low: Floats
    high: Floats

    @property
    def size(self) -> Floats:
        """The largest absolute value of each column."""
        return np.maximum(np.maximum(-self.low, self.high), _SMALLEST)


class Arithmetic(ABC):
    """In which numbers a graph computes."""

    @abstractmethod
    def embedded(self, nodes: Nodes, table: Tensor, ids: str) -> str:
        """The rows of a table of embeddings that ids name."""

    @abstractmethod
    def mapped(self, nodes: Nodes, rows: str, *maps: nn.Linear) -> list[str]:
        """The results of several maps of the same rows, ``[rows, columns]``."""


class Exact(Arithmetic):
    """Everything in fp32."""

    def embedded(self, nodes: Nodes, table: Tensor, ids: str) -> str:
        return nodes("Gather", nodes.constant(as_array(table)), ids)

    def mapped(self, nodes: Nodes, rows: str, *maps: nn.Linear) -> list[str]:
        return [
            nodes("Gemm", rows, nodes.constant(as_array(each.weight)), nodes.constant(as_array(each.bias)), transB=1)
            for each in maps
        ]


@dataclass(frozen=True, slots=True)
class Int8(Arithmetic):
    """Maps and embeddings in 8 bits.

    Attributes:
        ranges: of what goes into each map; maps that get the same rows have the same.
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
        """Rows as unsigned bytes, with their scale and zero point; columns to be left out may leave the range."""
        low = min(float(np.delete(measured.low, without).min()), 0.0)
        high = max(float(np.delete(measured.high, without).max()), 0.0)
        step = max((high - low) / 255, _SMALLEST)
        scale = nodes.constant(np.array(step, dtype=np.float32))
        zero = nodes.constant(np.array(round(-low / step), dtype=np.uint8))
        return nodes("QuantizeLinear", rows, scale, zero), scale, zero


def as_array(tensor: Tensor) -> Floats:
    """A parameter's values."""
    values: Floats = tensor.detach().float().cpu().numpy()
    return values


def _product(nodes: Nodes, quantised: tuple[str, str, str], weights: Floats, bias: str) -> str:
    rows, scale, zero = quantised
    rounded, scales = _rounded(weights)
    return nodes("MatMulIntegerToFloat", rows, nodes.constant(rounded), scale, nodes.constant(scales), zero, "", bias)


def _rounded(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Columns as signed bytes, and the scale of each."""
    scales = (np.maximum(np.abs(weights).max(axis=0), _SMALLEST) / 127).astype(np.float32)
    return np.round(weights / scales).astype(np.int8), scales


def _evening(measured: Range, weights: Floats) -> Floats:
    """By what each column of activations is divided and its row of weights multiplied."""
    of_weights = np.maximum(np.abs(weights).max(axis=1), _SMALLEST)
    factors: Floats = (measured.size**_STRENGTH / of_weights ** (1 - _STRENGTH)).astype(np.float32)
    return factors
