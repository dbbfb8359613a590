"""Base class of backends that distribute batches among threads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onoma.errors import InputError
from onoma.machine import available_cores
from onoma.runtime.backend import PaddedBatch, Scores
from onoma.runtime.graph import check_single_file, failed, graph_mask

Ids = NDArray[np.int64]

_SUBWORDS_PER_PART = 512
"""Number of subwords that one thread computes at once, so that intermediate results stay in the CPU cache."""


_SMALL_BATCH_SUBWORDS = 128
"""Up to this many subwords, a single batch is finished before other threads could start."""


class ThreadedBackend(ABC):
    """A :class:`~onoma.runtime.backend.Backend` that computes each part of a batch in one thread.

    Threads share the windows of a batch instead of the work inside each operator, so that no thread waits for another
    at each operator, and the weights are in memory only once.

    Args:
        path: graph as described in :mod:`onoma.runtime.graph`.
        threads: number of CPU threads; None for as many as this process may use.

    Raises:
        BundleError: the graph is not a single file, or the file is not a graph.
    """

    _reads_wanted: bool
    """Whether the metadata of the graph has the key :data:`onoma.runtime.graph.WANTED`."""

    _windows_multiple = 1
    """The number of windows of a full part is a multiple of this, unless it is smaller."""

    def __init__(self, path: Path, *, threads: int | None) -> None:
        check_single_file(path)
        self._path = path
        self._threads = thread_count(threads)

    @abstractmethod
    def _infer(self, ids: Ids, mask: Ids) -> Scores:
        """Compute the scores of some windows in the calling thread."""

    def run(self, batches: Iterable[PaddedBatch]) -> Iterator[Scores]:
        """Yield the scores of each batch; see :meth:`onoma.runtime.backend.Backend.run`.

        If there is only one batch, and it is small or a single window, it is computed in the calling thread.

        Raises:
            InferenceError: the engine fails on a batch.
        """
        stream = iter(batches)
        first = next(stream, None)
        if first is None:
            return
        second = next(stream, None) if self._threads > 1 else None
        if self._threads == 1 or (second is None and (len(first.ids) == 1 or first.ids.size <= _SMALL_BATCH_SUBWORDS)):
            for batch in chain([first], stream):
                yield _join_parts(
                    [self._compute_scores(*part) for part in self._split_batch(batch)], width=batch.ids.shape[1]
                )
            return
        windows_per_thread = -(-len(first.ids) // self._threads) if second is None else None
        pending: deque[tuple[list[Future[Scores]], int]] = deque()
        with ThreadPoolExecutor(self._threads) as pool:
            for batch in chain([first], [] if second is None else [second], stream):
                parts = [
                    pool.submit(self._compute_scores, *part)
                    for part in self._split_batch(batch, max_windows=windows_per_thread)
                ]
                pending.append((parts, batch.ids.shape[1]))
                if len(pending) > self._threads:
                    yield _collect_parts(*pending.popleft())
            while pending:
                yield _collect_parts(*pending.popleft())

    def _compute_scores(self, ids: Ids, mask: Ids) -> Scores:
        try:
            scores_by_task = self._infer(ids, mask)
            for task, scores in scores_by_task.items():
                if scores.shape[:2] != ids.shape:
                    raise ValueError(f"{task}: scores of shape {scores.shape} for subwords of shape {ids.shape}")
        except MemoryError:
            raise
        except Exception as error:  # engines raise no more specific error
            raise failed(self._path, error) from error
        return scores_by_task

    def _split_batch(self, batch: PaddedBatch, *, max_windows: int | None = None) -> Iterator[tuple[Ids, Ids]]:
        """Yield a batch in parts of consecutive windows, without columns at the end that contain only padding.

        Args:
            max_windows: maximum number of windows per part, if a single batch is distributed among all threads; None
                for no limit.
        """
        mask = graph_mask(batch) if self._reads_wanted else batch.mask
        windows, width = batch.ids.shape
        step = max(1, min(_SUBWORDS_PER_PART // max(1, width), max_windows or windows))
        step -= step % min(step, self._windows_multiple)
        for start in range(0, windows, step):
            part_mask = mask[start : start + step]
            used_width = int(np.flatnonzero(part_mask.any(axis=0)).max(initial=0)) + 1
            yield batch.ids[start : start + step, :used_width], part_mask[:, :used_width]


def thread_count(threads: int | None) -> int:
    """Return the number of threads to use; None stands for as many as this process may use.

    Raises:
        InputError: the number is less than 1.
    """
    if threads is not None and threads < 1:
        raise InputError(f"threads {threads}: expected a number from 1 on, or None for all available ones")
    return threads or available_cores()


def _collect_parts(parts: list[Future[Scores]], width: int) -> Scores:
    return _join_parts([part.result() for part in parts], width=width)


def _join_parts(parts: list[Scores], *, width: int) -> Scores:
    """Join the scores of a batch's parts, with ``width`` subwords per window."""
    return {task: _stack_parts([part[task] for part in parts], width=width) for task in parts[0]}


def _stack_parts(parts: list[NDArray[np.float32]], *, width: int) -> NDArray[np.float32]:
    if len(parts) == 1 and parts[0].shape[1] == width:
        return parts[0]
    scores = np.zeros((sum(map(len, parts)), width, *parts[0].shape[2:]), dtype=np.float32)
    start = 0
    for part in parts:
        scores[start : start + len(part), : part.shape[1]] = part
        start += len(part)
    return scores
