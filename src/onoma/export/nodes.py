"""Builder of ONNX graphs, node by node, independent of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Attribute = int | float | str | Sequence[int]

OPSET = 20
"""The first opset version with a GELU operator; ONNX Runtime supports it since version 1.17."""

_ONNX_RUNTIME_OPERATORS = frozenset({"FusedMatMul", "MatMulIntegerToFloat"})
_ONNX_RUNTIME_DOMAIN = "com.microsoft"
_IR_VERSION = 9


class Nodes:
    """Builder of a graph; nodes are added in the order of computation, and values are identified by their names."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def __call__(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """Add a node with one output and return the name of the output.

        Args:
            operator: name of the ONNX operator.
            inputs: names of the input values; an empty name omits an optional input.
            attributes: attributes of the node.
        """
        name = f"{operator}_{len(self._nodes)}"
        domain = _ONNX_RUNTIME_DOMAIN if operator in _ONNX_RUNTIME_OPERATORS else ""
        node = helper.make_node(operator, inputs, [name], name=name, domain=domain)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self._nodes.append(node)
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        """Add an array to the graph as a constant; return its name."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def integers(self, *numbers: int) -> str:
        """Add integers as a one-dimensional constant, the format of axes and shapes; return its name."""
        return self.constant(np.array(numbers, dtype=np.int64))

    def model(
        self,
        *,
        inputs: Mapping[str, Sequence[str | int]],
        outputs: Mapping[str, tuple[str, Sequence[str | int]]],
        notes: Mapping[str, str],
    ) -> onnx.ModelProto:
        """Return the finished model.

        Args:
            inputs: axes of the int64 inputs, by name.
            outputs: name of the value and axes of each fp32 output, by the name of the output.
            notes: metadata of the model.
        """
        output_nodes = [
            helper.make_node("Identity", [value], [name], name=name) for name, (value, _) in outputs.items()
        ]
        graph = helper.make_graph(
            [*self._nodes, *output_nodes],
            "onoma",
            [helper.make_tensor_value_info(each, TensorProto.INT64, shape) for each, shape in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, axes) for name, (_, axes) in outputs.items()],
            self._constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_ONNX_RUNTIME_DOMAIN, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="onoma")
        helper.set_model_props(model, dict(notes))
        return model
