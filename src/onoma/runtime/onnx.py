"""Runs a bundle's ONNX graph on the processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from onoma.runtime.backend import Scores
from onoma.runtime.graph import INPUTS, WANTED, task_of, unreadable
from onoma.runtime.threaded import Ids, ThreadedBackend


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
            self._session = _session(path, level.ORT_DISABLE_ALL)
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
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
