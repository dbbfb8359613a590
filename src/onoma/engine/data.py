"""Batches, and what the engine asks of whatever gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from jaxtyping import Int64
from torch import Tensor

from onoma.engine.devices import Ranks

Batch = tuple[Int64[Tensor, "_"], Int64[Tensor, "_"], Int64[Tensor, "_"]]
"""Ids, lengths and targets, see :meth:`onoma.models.Model.loss`; each batch has as many of them as it has."""


class Data(Protocol):
    """Examples, and the order in which they are learnt from."""

    @property
    def budget(self) -> int:
        """Subwords of a batch at most."""

    @property
    def subwords(self) -> int:
        """Subwords of all examples."""

    def __len__(self) -> int:
        """How many examples there are."""

    def epoch(self, number: int) -> list[list[int]]:
        """Positions of the examples of each batch in epoch ``number``."""

    def tensors(self, batch: Sequence[int], *, device: torch.device) -> Batch:
        """The examples of a batch."""


def part_of(batch: Batch, ranks: Ranks) -> Batch:
    """This process's sequences of a batch: neighbours, of about as many subwords as everybody's; perhaps none.

    A sequence goes to the process in whose share of the subwords its middle lies.
    """
    if ranks.alone:
        return batch
    ids, lengths, targets = (each for each in batch)
    ends = lengths.cumsum(0)
    bounds = torch.tensor([ranks.rank, ranks.rank + 1], device=ids.device) * len(ids) * 2 // ranks.size
    first, last = torch.searchsorted(2 * ends - lengths, bounds).tolist()
    starts = [0, *ends.tolist()]
    mine = slice(starts[first], starts[last])
    return ids[mine], lengths[first:last], targets[mine]
