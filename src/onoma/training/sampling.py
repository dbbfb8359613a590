"""Examples to batches of a subword budget: similar lengths together, in an order that only seed and epoch decide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from onoma.encoding import batch_by_length, pad
from onoma.models import NO_TARGET
from onoma.training.examples import Example

_POOL_BATCHES = 50
"""Lengths are sorted among so many batches' worth of examples: enough to pad little, few enough to stay random."""


class Sampler:
    """The batches of each epoch.

    Args:
        examples: what to draw from.
        budget: subwords of a padded batch.
        seed: of the order.
    """

    def __init__(self, examples: Sequence[Example], *, budget: int, seed: int) -> None:
        self.examples = examples
        self.budget = budget
        self.seed = seed
        self._lengths = np.asarray([len(example.ids) for example in examples])
        self.subwords = int(self._lengths.sum())

    def epoch(self, number: int) -> list[list[int]]:
        """Positions of the examples of each batch in epoch ``number``; every example once."""
        random = np.random.default_rng((self.seed, number))
        order = random.permutation(len(self.examples))
        pools = np.cumsum(self._lengths[order]) // (self.budget * _POOL_BATCHES)
        batches: list[list[int]] = []
        for pool in range(int(pools[-1]) + 1):
            members = order[pools == pool]
            together = batch_by_length(self._lengths[members].tolist(), budget=self.budget)
            batches += [members[batch].tolist() for batch in together]
        return [batches[position] for position in random.permutation(len(batches))]

    def tensors(
        self, batch: Sequence[int], *, pad_id: int
    ) -> tuple[Int64[Tensor, "batch subwords"], Int64[Tensor, "batch subwords"], Int64[Tensor, "batch subwords"]]:
        """Ids, mask and targets of a batch."""
        ids, mask = pad([self.examples[position].ids for position in batch], filler=pad_id)
        targets, _ = pad([self.examples[position].targets for position in batch], filler=NO_TARGET)
        return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(targets)
