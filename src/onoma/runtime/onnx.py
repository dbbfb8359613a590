"""Runs a bundle's ONNX graph on the processor.

On x86 without VNNI ONNX Runtime multiplies unsigned by signed bytes with an instruction whose sums of two products end
at 16 bits, so that large ones are wrong. Its option ``session.x64quantprecision`` takes unsigned weights instead, for
which it has exact sums: the scores are then those of all other processors. It is an optimisation of graphs, and needs
these turned on.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html (when to use U8U8).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from onoma.machine import find_processor
from onoma.runtime.backend import Scores
from onoma.runtime.graph import INPUTS, WANTED, task_of, unreadable
from onoma.runtime.graph_file import has_operator
from onoma.runtime.threaded import Ids, ThreadedBackend

_PRODUCT_OF_BYTES = b"MatMulInteger"
"""The name with which operators begin that multiply bytes."""


class OnnxBackend(ThreadedBackend):
    """A backend over ONNX Runtime: one session, called from every thread.

    Args:
        path: a graph as :mod:`onoma.runtime.graph` describes it.
        threads: processor threads; None for as many as this process may use.

    Raises:
        BundleError: the file is not a whole graph that ONNX Runtime can load.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        super().__init__(path, threads=threads)
        level = onnxruntime.GraphOptimizationLevel
        try:
            # What we wrote node by node has nothing left to optimise, and loads in a fraction of the time.
            inexact = _sums_overflow() and has_operator(path, _PRODUCT_OF_BYTES)
            self._session = _session(path, level.ORT_ENABLE_EXTENDED if inexact else level.ORT_DISABLE_ALL)
            self._reads_wanted = WANTED in self._session.get_modelmeta().custom_metadata_map
            if not self._reads_wanted:
                self._session = _session(path, level.ORT_ENABLE_ALL)
        except Exception as error:  # ONNX Runtime raises nothing more precise
            raise unreadable(path, error) from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def _computed(self, ids: Ids, mask: Ids) -> Scores:
        found = self._session.run(self._outputs, dict(zip(INPUTS, (ids, mask), strict=True)))
        named = zip(self._outputs, found, strict=True)
        return {task_of(output): np.asarray(scores, dtype=np.float32) for output, scores in named}


def _session(path: Path, level: onnxruntime.GraphOptimizationLevel) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised, and need not be printed too
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _sums_overflow() -> bool:
    """Whether sums of products of bytes may be wrong here; a system that does not tell is taken at its worst."""
    processor = find_processor()
    return processor.is_x86 and not processor.has_vnni
