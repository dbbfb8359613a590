"""What the tagger asks of whatever runs a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Backend(Protocol):
    """Runs encoder and head over a padded batch of windows."""

    def logits(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Tag scores of every subword.

        Args:
            ids: subword ids, ``[windows, subwords]``, padded.
            mask: 1 for subwords and 0 for padding, ``[windows, subwords]``.

        Returns:
            Scores before any softmax, ``[windows, subwords, tags]``; what stands at padding means nothing.
        """
        ...


@runtime_checkable
class StreamingBackend(Backend, Protocol):
    """A backend that computes several batches at a time."""

    def logits_many(
        self, batches: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]
    ) -> Iterator[NDArray[np.float32]]:
        """Tag scores of a stream of batches, in its order.

        A few batches are taken ahead of the scores that are given back, and computed meanwhile: the caller can prepare
        the next batch or decode the last one.

        Args:
            batches: ids and mask of each, as for :meth:`logits`. In the mask a 2 may stand in place of a 1 where the
                scores of a subword are wanted; a batch with any 2 may have anything at its ones, and costs less.

        Yields:
            Scores of each batch, as from :meth:`logits`.
        """
        ...
