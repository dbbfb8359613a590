"""The interface through which the tagger runs a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Scores = Mapping[str, NDArray[np.float32]]
"""Scores before any softmax by the name of their task, ``[windows, subwords, *shape of the task]`` each."""


@dataclass(frozen=True, slots=True, eq=False)
class PaddedBatch:
    """Windows of similar length.

    Attributes:
        ids: subword ids, ``[windows, subwords]``, padded.
        mask: 1 for subwords and 0 for padding, ``[windows, subwords]``.
        wanted: the subwords whose scores are read, ``[windows, subwords]``; the scores of others may have
            any value, which costs less. None for all.
    """

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    wanted: NDArray[np.bool_] | None = None


@runtime_checkable
class Backend(Protocol):
    """Runs encoder and heads over padded batches of windows."""

    def run(self, batches: Iterable[PaddedBatch]) -> Iterator[Scores]:
        """The scores of a stream of batches, in its order; the values at padding have no meaning.

        A few batches may be taken ahead of the scores that are given back, and computed meanwhile: the caller can
        prepare the next batch or decode the last one.
        """


def run_one(backend: Backend, ids: NDArray[np.int64], mask: NDArray[np.int64] | None = None) -> Scores:
    """The scores of all subwords of one batch.

    Args:
        backend: what runs the model.
        ids: subword ids, ``[windows, subwords]``.
        mask: 1 for subwords and 0 for padding; None where nothing is padded.
    """
    (scores,) = backend.run([PaddedBatch(ids, np.ones_like(ids) if mask is None else mask)])
    return scores
