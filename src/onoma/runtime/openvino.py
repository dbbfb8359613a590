"""Backend that runs a bundle's ONNX graph on the CPU in bf16 with OpenVINO; ONNX Runtime has no such kernels on x86."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from onoma.errors import InputError, optional_import
from onoma.runtime.backend import Scores
from onoma.runtime.graph import INPUTS, WANTED, task_of, unreadable
from onoma.runtime.threaded import Ids, ThreadedBackend
from onoma.telemetry import without

with optional_import("dtype bf16", extra="bf16"), without("openvino_telemetry"):
    import openvino
    from openvino import opset13 as operators
    from openvino.frontend import NodeContext
    from openvino.frontend.onnx import ConversionExtension

_MAX_UNPADDED_WINDOWS = 4
"""More than this many windows are padded to an even number."""

_SHORT_WINDOW_SUBWORDS = 64
"""Windows of at most this many subwords are padded to a multiple of 4, longer ones to a multiple of 8."""

_VALUE_PRESERVING_OPERATORS = ("Convert", "Reshape", "Transpose")
"""Operators that do not change the values of subword ids."""

_WINDOWS_FIRST_AXES = (1, 2, 0, 3)
"""Axis order that transposes ``[subwords, windows, heads, width]`` for matrix products over subwords and width."""


class OpenvinoBackend(ThreadedBackend):
    """Backend that uses OpenVINO, with every float that passes between operators rounded to bf16.

    OpenVINO compiles kernels for each new shape and stream. Windows are therefore padded to few shapes, and the most
    recently used request, whose kernels and memory still exist, is used next.

    Args:
        path: fp32 graph as described in :mod:`onoma.runtime.graph`.
        threads: number of CPU threads; None for as many as this process may use.

    Raises:
        InputError: this processor cannot multiply in bf16.
        BundleError: the file is not a complete graph that OpenVINO can load.
    """

    _windows_multiple = 2

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        super().__init__(path, threads=threads)
        self._idle_requests: list[openvino.InferRequest] = []
        core = _get_core()
        if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise InputError("dtype bf16: this processor does not multiply in bf16; choose fp32 or int8")
        try:
            graph = core.read_model(path)
            self._compiled_model = core.compile_model(
                graph,
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": "bf16",
                    "INFERENCE_NUM_THREADS": self._threads,
                    "NUM_STREAMS": self._threads,
                },
            )
        except RuntimeError as error:
            raise unreadable(path, error) from error
        self._vocabulary_size = _find_vocabulary_size(graph)
        self._reads_wanted = graph.has_rt_info(["framework", WANTED])
        self._output_names = [_find_output_name(output) for output in graph.outputs]

    def _infer(self, ids: Ids, mask: Ids) -> Scores:
        try:
            request = self._idle_requests.pop()
        except IndexError:
            request = self._compiled_model.create_infer_request()
        if self._vocabulary_size is not None and ids.max() >= self._vocabulary_size:
            raise IndexError(f"subword {ids.max():,} of {self._vocabulary_size:,}")
        windows, subwords = ids.shape
        results = request.infer(dict(zip(INPUTS, _pad(ids, mask), strict=True)))
        scores = {
            task_of(output): np.array(results[output][:windows, :subwords], dtype=np.float32)
            for output in self._output_names
        }
        self._idle_requests.append(request)
        return scores


def padded_shape(windows: int, subwords: int) -> tuple[int, int]:
    """Return the shape to which this many windows of this many subwords are padded.

    >>> padded_shape(1, 9), padded_shape(7, 30), padded_shape(4, 101)
    ((1, 12), (8, 32), (4, 104))
    """
    return (
        _round_up(windows, 1 if windows <= _MAX_UNPADDED_WINDOWS else 2),
        _round_up(subwords, 4 if subwords <= _SHORT_WINDOW_SUBWORDS else 8),
    )


def _round_up(number: int, step: int) -> int:
    """Round a number up to a multiple of ``step``."""
    return -(-number // step) * step


def _pad(ids: Ids, mask: Ids) -> tuple[Ids, Ids]:
    """Pad ids and mask to their padded shape.

    In windows of padding alone, the mask keeps one subword, so that their softmax is defined.
    """
    shape = padded_shape(*ids.shape)
    if shape == ids.shape:
        return ids, mask
    windows, subwords = ids.shape
    padded = np.zeros((2, *shape), dtype=np.int64)
    padded[0, :windows, :subwords] = ids
    padded[1, :windows, :subwords] = mask
    padded[1, windows:, 0] = 1
    return padded[0], padded[1]


def _find_vocabulary_size(graph: openvino.Model) -> int | None:
    """Return the number of subwords with an embedding; None if the embedding table is not found.

    Ids are checked against it, because OpenVINO uses zeros as the embedding of any id outside the table.
    """
    pending = [graph.input(INPUTS[0])]
    while pending:
        for reader in pending.pop().get_target_inputs():
            node = reader.get_node()
            if node.get_type_name() == "Gather" and reader.get_index() == 1:
                rows = node.input(0).get_partial_shape()[0]
                return int(rows.get_length()) if rows.is_static else None
            if node.get_type_name() in _VALUE_PRESERVING_OPERATORS:
                pending += node.outputs()
    return None


def _find_output_name(output: openvino.Output) -> str:
    """Return the name that the file gives to an output.

    OpenVINO adds the name of the node that computes the output, and returns both in any order.
    """
    computed_by = output.get_node().input_value(0).get_node().get_friendly_name()
    names: set[str] = output.get_names()
    return next(iter(names - {computed_by}), computed_by)


@cache
def _get_core() -> openvino.Core:
    """Return the OpenVINO core, which is created once and kept until the process ends.

    Each core sets up an alternate signal stack, and restores the one that it found when it ends. If two cores end in
    the order in which they began, the second restores a stack that was already freed, and the next signal kills the
    process.
    """
    core = openvino.Core()
    core.add_extension(ConversionExtension("FusedMatMul", "com.microsoft", _convert_fused_matmul))
    return core


def _convert_fused_matmul(node: NodeContext) -> list[openvino.Output]:
    """Convert ONNX Runtime's ``FusedMatMul``, whose transposition of batch axes OpenVINO does not support."""
    left, right = node.get_input(0), node.get_input(1)
    if node.get_attribute("transBatchA", 0):
        left = operators.transpose(left, np.array(_WINDOWS_FIRST_AXES))
    if node.get_attribute("transBatchB", 0):
        right = operators.transpose(right, np.array(_WINDOWS_FIRST_AXES))
    product = operators.matmul(left, right, False, bool(node.get_attribute("transB", 0)))
    scaled = operators.multiply(product, np.float32(node.get_attribute("alpha", 1.0)))
    outputs: list[openvino.Output] = scaled.outputs()
    return outputs
