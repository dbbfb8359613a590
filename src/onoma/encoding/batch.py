"""Windows to padded arrays, similar lengths together, within a budget of subwords.

This module knows neither words nor labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def batch_by_length(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Group windows so that a batch, padded to its longest, holds at most ``budget`` subwords.

    Args:
        lengths: each window's length in subwords.
        budget: subwords of a padded batch; a window longer than this is a batch by itself.

    Yields:
        Positions in ``lengths``, longest windows first.
    """
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda position: -lengths[position]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def pad(rows: Sequence[NDArray[np.integer]], *, filler: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stack rows of different lengths.

    Returns:
        The rows filled up to the longest one and a mask that is 1 at real places, both ``[rows, longest]``.
    """
    lengths = [len(row) for row in rows]
    padded = np.full((len(rows), max(lengths)), filler, dtype=np.int64)
    for place, length, row in zip(padded, lengths, rows, strict=True):
        place[:length] = row
    mask = np.arange(max(lengths)) < np.asarray(lengths)[:, None]
    return padded, mask.astype(np.int64)
