"""The interface between the tagger and the engines that run a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Scores = Mapping[str, NDArray[np.float32]]
"""Logits by task name, each of shape ``[windows, subwords, *shape of the task]``."""


@dataclass(frozen=True, slots=True, eq=False)
class PaddedBatch:
    """A padded batch of windows of similar length.

    Attributes:
        ids: subword ids, ``[windows, subwords]``, padded.
        mask: 1 for subwords and 0 for padding, ``[windows, subwords]``.
        wanted: whether the scores of each subword are needed, ``[windows, subwords]``; the scores of other subwords may
            have any value, which saves computation. None if all are needed.
    """

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    wanted: NDArray[np.bool_] | None = None


@runtime_checkable
class Backend(Protocol):
    """A backend that runs encoder and heads on padded batches of windows."""

    def run(self, batches: Iterable[PaddedBatch]) -> Iterator[Scores]:
        """Yield the scores of a stream of batches, in order; the values at padding are undefined.

        A few batches may be read ahead of the scores that are yielded, and computed in the background, so that the
        caller can prepare the next batch or decode the last one meanwhile.
        """


def run_one(backend: Backend, ids: NDArray[np.int64], mask: NDArray[np.int64] | None = None) -> Scores:
    """Return the scores of all subwords of one batch.

    Args:
        backend: backend that runs the model.
        ids: subword ids, ``[windows, subwords]``.
        mask: 1 for subwords and 0 for padding; None if there is no padding.
    """
    (scores,) = backend.run([PaddedBatch(ids, np.ones_like(ids) if mask is None else mask)])
    return scores
