"""Batches shared out among threads, whatever computes them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

_PART = 512
"""Subwords that one thread computes at once: what passes from operator to operator then stays in the cache."""


class ThreadedBackend(ABC):
    """A :class:`~onoma.runtime.backend.StreamingBackend` each of whose calls has one thread.

    Windows are shared out among threads and not the inside of every operator, so that no thread waits for another at
    each of them, and the weights lie in memory once.

    Args:
        threads: processor threads; None for as many as this process may use.
    """

    _asked: bool
    """Whether the graph knows a 2 in the mask; see :data:`onoma.runtime.graph.ASKED`."""

    def __init__(self, *, threads: int | None) -> None:
        self._threads = threads or len(os.sched_getaffinity(0))

    @abstractmethod
    def _computed(self, ids: Ids, mask: Ids) -> Scores:
        """Tag scores of some windows, in the thread that calls."""

    def logits(self, ids: Ids, mask: Ids) -> Scores:
        """See :meth:`onoma.runtime.backend.Backend.logits`; a small batch is computed in the calling thread."""
        if self._threads > 1 and ids.size > _PART:
            (scores,) = self.logits_many([(ids, mask)])
            return scores
        return _joined([self._run(*part) for part in _parts(ids, mask)], width=ids.shape[1])

    def logits_many(self, batches: Iterable[tuple[Ids, Ids]]) -> Iterator[Scores]:
        """See :meth:`onoma.runtime.backend.StreamingBackend.logits_many`."""
        if self._threads == 1:
            yield from (self.logits(ids, mask) for ids, mask in batches)
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
        return self._computed(ids, mask if self._asked else np.minimum(mask, 1))


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
