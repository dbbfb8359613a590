"""Training data of several tasks, mixed by a sampling strategy.

An epoch has about as many batches as all tasks together. If the strategy gives a task fewer batches than it has, a
random part of them is used, a different one in each epoch. If it gives a task more, batches are repeated. All batches
of a step belong to the same task. The order depends only on the seed and the epoch.

Sources: Sanh et al. 2019, https://arxiv.org/abs/1811.06031 (proportional sampling); Stickland and Murray 2019 (square
root); Arivazhagan et al. 2019, https://arxiv.org/abs/1907.05019 (temperature).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Literal

import numpy as np
import torch

from onoma.engine.data import Data
from onoma.models import MaskedBatch, PackedBatch

Sampling = Literal["proportional", "square-root"] | float
"""Sampling strategy of the tasks; a number is a temperature."""

AnyData = Data[PackedBatch] | Data[MaskedBatch]


class MixedData:
    """Training data of several tasks, in the interface of the engine; see :class:`onoma.engine.data.Data`.

    Args:
        parts: data of each task, by the name of the task. Only the last one may use indices that are not smaller than
            its number of examples.
        sampling: sampling strategy of the tasks.
        accumulate: number of batches per optimizer step.
        seed: random seed of the order.
    """

    def __init__(self, parts: Mapping[str, AnyData], *, sampling: Sampling, accumulate: int, seed: int) -> None:
        self._names, self._parts = list(parts), list(parts.values())
        self._task_offsets = _task_offsets(self._parts)
        self._power = exponent(sampling)
        self._accumulate = accumulate
        self._seed = seed
        self.budget = max(part.budget for part in self._parts)
        self.subwords = sum(part.subwords for part in self._parts)

    def __len__(self) -> int:
        """Return the number of examples of all tasks."""
        return sum(len(part) for part in self._parts)

    def epoch(self, number: int) -> list[list[int]]:
        """Return the indices of the examples in each batch of epoch ``number``."""
        task_batches = [part.epoch(number) for part in self._parts]
        counts = shares([len(batches) for batches in task_batches], power=self._power)
        steps: list[list[list[int]]] = []
        for batches, count, start in zip(task_batches, counts, self._task_offsets, strict=True):
            # round up to whole steps; the missing batches are taken from the first ones of the task
            count = -(-count // self._accumulate) * self._accumulate
            chosen = [[start + position for position in batches[index % len(batches)]] for index in range(count)]
            steps += [chosen[first : first + self._accumulate] for first in range(0, count, self._accumulate)]
        order = np.random.default_rng((self._seed, number, len(steps))).permutation(len(steps))
        return [batch for index in order.tolist() for batch in steps[index]]

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> PackedBatch | MaskedBatch:
        """Load the examples at the given indices, which must belong to one task, as a batch."""
        task_index, positions = self._task_and_positions(chosen)
        return self._parts[task_index].load(positions, epoch=epoch, device=device)

    def describe(self, chosen: Sequence[int]) -> str:
        """Describe the examples at the given indices, for messages to the user."""
        task_index, positions = self._task_and_positions(chosen)
        return f"{self._parts[task_index].describe(positions)} (task {self._names[task_index]})"

    def _task_and_positions(self, chosen: Sequence[int]) -> tuple[int, list[int]]:
        """Return the index of the examples' task and their indices within that task."""
        task_index = bisect_right(self._task_offsets, chosen[0]) - 1
        return task_index, [position - self._task_offsets[task_index] for position in chosen]


def _task_offsets(parts: Sequence[AnyData]) -> list[int]:
    """Return the first index of each task."""
    return list(accumulate((len(part) for part in parts[:-1]), initial=0))


def exponent(sampling: Sampling) -> float:
    """Return the exponent of a strategy; a task's share is proportional to its number of batches to this power."""
    if isinstance(sampling, str):
        return {"proportional": 1.0, "square-root": 0.5}[sampling]
    return 1 / sampling


def shares(batches: Sequence[int], *, power: float) -> list[int]:
    """Return the number of batches of each task per epoch, at least one; their sum is about that of all batches.

    >>> shares([100, 4], power=1.0), shares([100, 4], power=0.5)
    ([100, 4], [87, 17])
    """
    if power == 1:
        return list(batches)
    weights = np.asarray(batches, dtype=np.float64) ** power
    exact_counts = weights / weights.sum() * sum(batches)
    counts: list[int] = np.maximum(1, np.rint(exact_counts)).astype(int).tolist()
    return counts
