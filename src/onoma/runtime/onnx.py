"""Runs a bundle's ONNX graph on the processor."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from onoma.errors import BundleError


class OnnxBackend:
    """A :class:`~onoma.runtime.backend.Backend` over ONNX Runtime.

    Args:
        path: a graph with inputs ``input_ids`` and ``attention_mask`` and the output ``logits``.
        threads: processor threads of one call; None for as many as this process may use.

    Raises:
        BundleError: the file is not a graph that ONNX Runtime can load.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        options.enable_cpu_mem_arena = False
        # A thread that waits in a busy loop takes the core from whatever else runs here: on a crowded machine two
        # threads were then slower than one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises nothing more precise
            raise BundleError(
                f"{path}: cannot be loaded as an ONNX graph ({error}); copy or export it again"
            ) from error

    def emissions(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        (scores,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        return np.asarray(scores, dtype=np.float32)
