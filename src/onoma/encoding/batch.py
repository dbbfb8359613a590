"""Batching of windows of similar length into padded arrays, within a budget of subwords.

This module is independent of words and labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def batch_by_length(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Group windows so that a batch, padded to its longest window, holds at most ``budget`` subwords.

    Args:
        lengths: length of each window in subwords.
        budget: maximum number of subwords in a padded batch; a longer window is a batch by itself.

    Yields:
        Indices of the windows in each batch, longest windows first.
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
    """Stack rows of different lengths, padded to the longest one.

    Args:
        rows: the rows to stack.
        filler: value of the padding.

    Returns:
        The padded rows, and a mask that is 1 for values and 0 for padding, both ``[rows, longest]``.
    """
    lengths = [len(row) for row in rows]
    padded = np.full((len(rows), max(lengths)), filler, dtype=np.int64)
    for target, length, row in zip(padded, lengths, rows, strict=True):
        target[:length] = row
    mask = np.arange(max(lengths)) < np.asarray(lengths)[:, None]
    return padded, mask.astype(np.int64)
