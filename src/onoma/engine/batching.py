"""Examples to batches of a subword budget: similar lengths together, in a random order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import batch_by_length

_POOL_BATCHES = 50
"""Lengths are sorted among so many batches' worth of examples: enough to pad little, few enough to stay random."""


def shuffled_batches(lengths: NDArray[np.int64], *, budget: int, random: np.random.Generator) -> list[list[int]]:
    """The positions of the examples of each batch; every example once.

    Args:
        lengths: subwords of each example, ``[examples]``.
        budget: subwords of a batch, padded to its longest example.
        random: decides the order.
    """
    order = random.permutation(len(lengths))
    pools = np.cumsum(lengths[order]) // (budget * _POOL_BATCHES)
    batches: list[list[int]] = []
    for pool in range(int(pools[-1]) + 1):
        members = order[pools == pool]
        together = batch_by_length(lengths[members].tolist(), budget=budget)
        batches += [members[batch].tolist() for batch in together]
    return [batches[position] for position in random.permutation(len(batches))]
