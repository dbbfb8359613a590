"""Runs a bundle's ONNX graph on the processor."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from onoma.errors import BundleError

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

ASKED = "onoma.asked"
"""The note in a graph that reads a 2 in the mask as: the scores of this subword are wanted."""

_PART = 512
"""Subwords that one thread computes at once: what passes from operator to operator then stays in the cache."""


class OnnxBackend:
    """A :class:`~onoma.runtime.backend.StreamingBackend` over ONNX Runtime.

    One session, each of whose calls has one thread: windows are shared out among threads and not the inside of every
    operator, so that no thread waits for another at each of them, and the weights lie in memory once.

    Args:
        path: a graph with inputs ``input_ids`` and ``attention_mask`` and the output ``logits``.
        threads: processor threads; None for as many as this process may use.

    Raises:
        BundleError: the file is not a graph that ONNX Runtime can load.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        self._threads = threads or len(os.sched_getaffinity(0))
        level = onnxruntime.GraphOptimizationLevel
        try:
            # What we wrote node by node has nothing left to optimise, and loads in a fraction of the time.
            self._session = _session(path, level.ORT_DISABLE_ALL)
            self._asked = ASKED in self._session.get_modelmeta().custom_metadata_map
            if not self._asked:
                self._session = _session(path, level.ORT_ENABLE_ALL)
        except Exception as error:  # ONNX Runtime raises nothing more precise
            raise BundleError(
                f"{path}: cannot be loaded as an ONNX graph ({error}); copy or export it again"
            ) from error

    def emissions(self, ids: Ids, mask: Ids) -> Scores:
        """See :meth:`onoma.runtime.backend.Backend.emissions`; a small batch is computed in the calling thread."""
        if self._threads > 1 and ids.size > _PART:
            (scores,) = self.emissions_many([(ids, mask)])
            return scores
        return _joined([self._run(*part) for part in _parts(ids, mask)], width=ids.shape[1])

    def emissions_many(self, batches: Iterable[tuple[Ids, Ids]]) -> Iterator[Scores]:
        """See :meth:`onoma.runtime.backend.StreamingBackend.emissions_many`."""
        if self._threads == 1:
            yield from (self.emissions(ids, mask) for ids, mask in batches)
            return
        waiting: deque[tuple[list[Future[Scores]], int]] = deque()
        with ThreadPoolExecutor(self._threads) as pool:
            for ids, mask in batches:
                waiting.append(([pool.submit(self._run, *part) for part in _parts(ids, mask)], ids.shape[1]))
                if len(waiting) > self._threads:
                    yield _received(*waiting.popleft())
            while waiting:
                yield _received(*waiting.popleft())

    def _run(self, ids: Ids, mask: Ids) -> Scores:
        if not self._asked:
            mask = np.minimum(mask, 1)
        (scores,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        return np.asarray(scores, dtype=np.float32)


def _session(path: Path, level: onnxruntime.GraphOptimizationLevel) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _parts(ids: Ids, mask: Ids) -> Iterator[tuple[Ids, Ids]]:
    """A batch in pieces of neighbouring windows, without the columns at the end in which all are padding."""
    windows, width = ids.shape
    step = max(1, _PART // max(1, width))
    for start in range(0, windows, step):
        own = mask[start : start + step]
        used = int(np.flatnonzero(own.any(axis=0)).max(initial=0)) + 1
        yield ids[start : start + step, :used], own[:, :used]


def _received(parts: list[Future[Scores]], width: int) -> Scores:
    return _joined([part.result() for part in parts], width=width)


def _joined(parts: list[Scores], *, width: int) -> Scores:
    """The scores of a whole batch, ``width`` subwords a window."""
    if len(parts) == 1 and parts[0].shape[1] == width:
        return parts[0]
    windows, tags = sum(len(part) for part in parts), parts[0].shape[2]
    scores = np.zeros((windows, width, tags), dtype=np.float32)
    start = 0
    for part in parts:
        scores[start : start + len(part), : part.shape[1]] = part
        start += len(part)
    return scores
