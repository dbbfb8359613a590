"""Random batches of examples of similar length, within a budget of subwords per batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import batch_by_length

_BATCHES_PER_POOL = 50
"""Examples are sorted by length in pools of this many batches; larger pools need less padding, but are less random."""


def shuffled_batches(lengths: NDArray[np.int64], *, budget: int, random: np.random.Generator) -> list[list[int]]:
    """Return the indices of the examples in each batch; every example occurs once.

    Args:
        lengths: number of subwords of each example, ``[examples]``.
        budget: maximum number of subwords per batch, including padding.
        random: random number generator for the order of examples and batches.
    """
    order = random.permutation(len(lengths))
    pools = np.cumsum(lengths[order]) // (budget * _BATCHES_PER_POOL)
    batches: list[list[int]] = []
    for members in np.split(order, np.flatnonzero(np.diff(pools)) + 1):
        pool_batches = batch_by_length(lengths[members].tolist(), budget=budget)
        batches += [members[batch].tolist() for batch in pool_batches]
    return [batches[position] for position in random.permutation(len(batches))]
