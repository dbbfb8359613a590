"""Backend that runs a bundle's ONNX graph on the CPU with ONNX Runtime.

On x86 without VNNI, ONNX Runtime multiplies unsigned by signed bytes with an instruction that limits the sums of two
products to 16 bits, so that large sums are wrong. With the option ``session.x64quantprecision`` it uses unsigned
weights instead, whose sums are exact: the scores are then the same as on all other processors. The option is a graph
optimisation and requires graph optimisations to be enabled.

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

_INTEGER_MATMUL_PREFIX = b"MatMulInteger"
"""Prefix of the names of operators that multiply bytes."""


class OnnxBackend(ThreadedBackend):
    """Backend that uses ONNX Runtime, with one session that is called from every thread.

    Args:
        path: graph as described in :mod:`onoma.runtime.graph`.
        threads: number of CPU threads; None for as many as this process may use.

    Raises:
        BundleError: the file is not a complete graph that ONNX Runtime can load.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        super().__init__(path, threads=threads)
        level = onnxruntime.GraphOptimizationLevel
        try:
            # Graphs exported by onoma need no optimisation, and without it they load in a fraction of the time.
            inexact = _sums_overflow() and has_operator(path, _INTEGER_MATMUL_PREFIX)
            self._session = _create_session(path, level.ORT_ENABLE_EXTENDED if inexact else level.ORT_DISABLE_ALL)
            self._reads_wanted = WANTED in self._session.get_modelmeta().custom_metadata_map
            if not self._reads_wanted:
                self._session = _create_session(path, level.ORT_ENABLE_ALL)
        except Exception as error:  # ONNX Runtime raises no more specific error
            raise unreadable(path, error) from error
        self._output_names = [output.name for output in self._session.get_outputs()]

    def _infer(self, ids: Ids, mask: Ids) -> Scores:
        outputs = self._session.run(self._output_names, dict(zip(INPUTS, (ids, mask), strict=True)))
        scores_by_output = zip(self._output_names, outputs, strict=True)
        return {task_of(output): np.asarray(scores, dtype=np.float32) for output, scores in scores_by_output}


def _create_session(path: Path, level: onnxruntime.GraphOptimizationLevel) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised, so they need not be printed as well
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _sums_overflow() -> bool:
    """Return whether sums of byte products may be wrong on this processor; assume so if the system does not tell."""
    processor = find_processor()
    return processor.is_x86 and not processor.has_vnni
