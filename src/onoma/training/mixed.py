"""Examples of several tasks as one: whose turn it is in each step, by shares that the settings decide.

An epoch has as many batches as all tasks have together. A task that is to have fewer than its own gives a part of them,
a new one in each epoch, as its order is random; one that is to have more gives its own again. All batches of a step are
of one task. The order depends on seed and epoch alone.

Source: Sanh et al. 2019, https://arxiv.org/abs/1811.06031 (proportional sampling); Stickland and Murray 2019 (square
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
"""How often each task is drawn; a number is a temperature."""

AnyData = Data[PackedBatch] | Data[MaskedBatch]


class MixedData:
    """The data of several tasks; see :class:`onoma.engine.data.Data`.

    Args:
        parts: the data of each task, by its name. The examples of the last one may have any numbers.
        sampling: how often each is drawn.
        accumulate: batches of a step.
        seed: of the order.
    """

    def __init__(self, parts: Mapping[str, AnyData], *, sampling: Sampling, accumulate: int, seed: int) -> None:
        self._names, self._parts = list(parts), list(parts.values())
        self._starts = _starts(self._parts)
        self._power = exponent(sampling)
        self._accumulate = accumulate
        self._seed = seed
        self.budget = max(part.budget for part in self._parts)
        self.subwords = sum(part.subwords for part in self._parts)

    def __len__(self) -> int:
        """Examples of all tasks."""
        return sum(len(part) for part in self._parts)

    def epoch(self, number: int) -> list[list[int]]:
        """Positions of the examples of each batch in epoch ``number``."""
        own = [part.epoch(number) for part in self._parts]
        counts = shares([len(batches) for batches in own], power=self._power)
        steps: list[list[list[int]]] = []
        for batches, count, start in zip(own, counts, self._starts, strict=True):
            # The last step of a task is filled with batches from its beginning.
            count = -(-count // self._accumulate) * self._accumulate
            chosen = [[start + position for position in batches[place % len(batches)]] for place in range(count)]
            steps += [chosen[first : first + self._accumulate] for first in range(0, count, self._accumulate)]
        order = np.random.default_rng((self._seed, number, len(steps))).permutation(len(steps))
        return [batch for place in order.tolist() for batch in steps[place]]

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> PackedBatch | MaskedBatch:
        """The examples at these positions, all of one task, as they are in an epoch."""
        place, own = self._of_one(chosen)
        return self._parts[place].load(own, epoch=epoch, device=device)

    def describe(self, chosen: Sequence[int]) -> str:
        """These examples for a message to a person."""
        place, own = self._of_one(chosen)
        return f"{self._parts[place].describe(own)} (task {self._names[place]})"

    def _of_one(self, chosen: Sequence[int]) -> tuple[int, list[int]]:
        """The task that examples are of, and their positions in it."""
        place = bisect_right(self._starts, chosen[0]) - 1
        return place, [position - self._starts[place] for position in chosen]


def _starts(parts: Sequence[AnyData]) -> list[int]:
    """Where the positions of each task begin."""
    return list(accumulate((len(part) for part in parts[:-1]), initial=0))


def exponent(sampling: Sampling) -> float:
    """The power of the numbers of batches that shares are proportional to."""
    if isinstance(sampling, str):
        return {"proportional": 1.0, "square-root": 0.5}[sampling]
    return 1 / sampling


def shares(batches: Sequence[int], *, power: float) -> list[int]:
    """How many batches of each task an epoch has; as many in all as there are, at least one of each.

    >>> shares([100, 4], power=1.0), shares([100, 4], power=0.5)
    ([100, 4], [87, 17])
    """
    if power == 1:
        return list(batches)
    weights = np.asarray(batches, dtype=np.float64) ** power
    wanted = weights / weights.sum() * sum(batches)
    counts: list[int] = np.maximum(1, np.rint(wanted)).astype(int).tolist()
    return counts
