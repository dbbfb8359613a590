"""Speed of the matrix products of an encoder layer on this machine, and number of operations that texts need.

fp32 and int8 products run in ONNX Runtime, with the operators of our graphs; bf16 products run in OpenVINO. As in
tagging, each thread computes its own products.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onoma.bundle import Bundle
from onoma.machine import best_times
from onoma.telemetry import without
from onoma.text import Document

Shape = tuple[int, int]

ROWS = 512
"""Number of rows (subwords) of a product, as many as a thread computes at once."""

_PRODUCTS = ("Gemm", "MatMul", "MatMulIntegerToFloat")
_OF_A_LAYER = 6
"""Number of products of a layer: query, key, value, attention output, and two of the feed-forward network."""

_LEAST = 64
"""Minimum dimension of a layer's weight; smaller ones are the head's, or columns that int8 graphs keep in fp32."""


def layer_weights(graph: Path) -> list[Shape]:
    """Return the shapes ``(in, out)`` of the weights of the encoder layers, in the order of their use."""
    content = onnx.load(graph).graph
    stored = {one.name: tuple(one.dims) for one in content.initializer}
    found = []
    for node in content.node:
        shape = stored.get(node.input[1], ()) if node.op_type in _PRODUCTS else ()
        if len(shape) == 2 and min(shape) >= _LEAST:
            swapped = any(one.name == "transB" and one.i for one in node.attribute)
            found.append((shape[1], shape[0]) if swapped else (shape[0], shape[1]))
    return found


def operations(bundle: Bundle, texts: Sequence[str], weights: Sequence[Shape]) -> float:
    """Return the number of operations to tag texts: two for each layer weight and computed subword.

    Special tokens count as subwords. In the last layer, only keys and values are computed for all subwords, the rest
    only for the first subword of each word.
    """
    windower = bundle.windower()
    around = len(windower.subword_encoder.prefix) + len(windower.subword_encoder.suffix)
    subwords = words = 0
    for encoded in windower.encode([Document(text) for text in texts]):
        bounds = encoded.subwords.bounds
        words += len(encoded.words)
        subwords += sum(int(bounds[one.end] - bounds[one.start]) + around for one in encoded.windows)
    sizes = [rows * columns for rows, columns in weights]
    last = sizes[-_OF_A_LAYER:]
    everywhere = sum(sizes[:-_OF_A_LAYER]) + 2 * last[0]
    return 2.0 * (everywhere * subwords + (sum(last) - 2 * last[0]) * words)


def operations_per_second(dtype: str, weights: Sequence[Shape], *, threads: int) -> float:
    """Return the operations per second of the consecutive products of one layer, in ``threads`` parallel threads."""
    layer = weights[:_OF_A_LAYER]
    works = [product_work(dtype, layer, rows=ROWS) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        (seconds,) = best_times({"": lambda: list(pool.map(lambda work: work(), works))}, at_most=2.0).values()
    return 2.0 * threads * ROWS * sum(rows * columns for rows, columns in layer) / seconds


def product_work(dtype: str, weights: Sequence[Shape], *, rows: int) -> Callable[[], Any]:
    """Return a function that multiplies ``rows`` rows by each of the weights in one thread."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "products.onnx"
        onnx.save(_graph(weights, rows, quantised=dtype == "int8"), path)
        return _work(path, weights, rows, dtype)


def _graph(weights: Sequence[Shape], rows: int, *, quantised: bool) -> onnx.ModelProto:
    random = np.random.default_rng(1)
    nodes, stored, outputs = [], [], []
    inputs: dict[str, int] = {}
    for number, (width, columns) in enumerate(weights):
        name, maps = f"product{number}", f"maps{width}"
        inputs[maps] = width
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, columns]))
        if quantised:
            weight = random.integers(-127, 128, (width, columns), dtype=np.int8)
            scales = np.full(columns, 0.01, dtype=np.float32)
            scale, zero = np.array([0.02], dtype=np.float32), np.array([128], dtype=np.uint8)
            constants: dict[str, Any] = {"w": weight, "s": scale, "t": scales, "z": zero}
            names = [maps, f"w{number}", f"s{number}", f"t{number}", f"z{number}"]
            nodes.append(helper.make_node("MatMulIntegerToFloat", names, [name], domain="com.microsoft"))
        else:
            constants = {"w": random.normal(size=(width, columns)).astype(np.float32)}
            nodes.append(helper.make_node("MatMul", [maps, f"w{number}"], [name]))
        stored += [numpy_helper.from_array(np.asarray(value), f"{key}{number}") for key, value in constants.items()]
    kind = TensorProto.UINT8 if quantised else TensorProto.FLOAT
    given = [helper.make_tensor_value_info(name, kind, [rows, width]) for name, width in inputs.items()]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(
        helper.make_graph(nodes, "products", given, outputs, stored), opset_imports=opsets, ir_version=8
    )


def _work(path: Path, weights: Sequence[Shape], rows: int, dtype: str) -> Callable[[], Any]:
    random = np.random.default_rng(2)
    maps: dict[str, Any] = {
        f"maps{width}": random.normal(size=(rows, width)).astype(np.float32) for width, _ in weights
    }
    if dtype == "bf16":
        with without("openvino_telemetry"):
            import openvino
        hints = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
        request = openvino.Core().compile_model(path, "CPU", hints).create_infer_request()
        return lambda: request.infer(maps)
    import onnxruntime

    if dtype == "int8":
        maps = {name: random.integers(0, 256, values.shape, dtype=np.uint8) for name, values in maps.items()}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, maps)
