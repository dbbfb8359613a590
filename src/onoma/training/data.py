"""Examples to batches of a subword budget: similar lengths together, in an order that only seed and epoch decide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int64
from numpy.typing import NDArray
from torch import Tensor

from onoma.encoding import batch_by_length
from onoma.engine.data import Batch
from onoma.training.flat import Examples

_POOL_BATCHES = 50
"""Lengths are sorted among so many batches' worth of examples: enough to pad little, few enough to stay random."""


class Sampler:
    """The batches of each epoch.

    Args:
        examples: what to draw from.
        budget: subwords of a batch; those of the padded view that attention takes of it.
        seed: of the order.
    """

    def __init__(self, examples: Examples, *, budget: int, seed: int) -> None:
        self.examples = examples
        self.budget = budget
        self.seed = seed
        self.subwords = examples.subwords

    def __len__(self) -> int:
        return len(self.examples)

    def epoch(self, number: int) -> list[list[int]]:
        """Positions of the examples of each batch in epoch ``number``; every example once."""
        random = np.random.default_rng((self.seed, number))
        lengths = self.examples.lengths
        order = random.permutation(len(lengths))
        pools = np.cumsum(lengths[order]) // (self.budget * _POOL_BATCHES)
        batches: list[list[int]] = []
        for pool in range(int(pools[-1]) + 1):
            members = order[pools == pool]
            together = batch_by_length(lengths[members].tolist(), budget=self.budget)
            batches += [members[batch].tolist() for batch in together]
        return [batches[position] for position in random.permutation(len(batches))]

    def tensors(self, batch: Sequence[int], *, device: torch.device) -> Batch:
        """Ids, lengths and targets of a batch without padding, as :meth:`onoma.models.Model.loss` takes them.

        The copy to a GPU goes on while the caller does something else.
        """
        ids, targets, lengths = self.examples.packed(batch)
        return _to(device, ids), _to(device, lengths), _to(device, targets)


def _to(device: torch.device, array: NDArray[np.int64]) -> Int64[Tensor, " rows"]:
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
