"""Dropout for the price of a random byte a unit.

torch draws a full random number for every unit that may be dropped; on a CPU that was 8 % of a training step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional


class DroppedUnits(NamedTuple):
    """A byte for each unit; those below the threshold are dropped."""

    draws: UInt8[Tensor, " *axes"]
    threshold: int

    def kept(self, out: Float[Tensor, " *axes"]) -> Float[Tensor, " *axes"]:
        """1 for every unit that stays and 0 for those that are dropped, written to an array of floats.

        A mask of booleans would have to be converted, which costs four times as much.
        """
        return torch.ge(self.draws, self.threshold, out=out)


def new_source() -> np.random.Generator:
    """A source of random numbers that depends on torch's global generator, of which it takes one number."""
    return np.random.Generator(np.random.SFC64(int(torch.randint(2**63 - 1, ()))))


class Dropout(nn.Module):
    """Zeroes units at random in training and scales the others up, so that the mean stays (Srivastava et al. 2014).

    A unit is dropped where its byte is below a threshold. That is ``256 * p`` rounded up or down at random at every
    call, in such proportion that the probability of a unit is exactly ``p``.

    The only random state is that of torch's global generator, of which each call takes one number: saving and
    restoring that state repeats every mask.

    Args:
        p: probability with which a unit is dropped, below 1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"a unit cannot be dropped with probability {p}; expected 0 <= p < 1")
        self.p = p

    def forward(self, hidden: Float[Tensor, " *axes"]) -> Float[Tensor, " *axes"]:
        if not self.drops:
            return hidden
        if hidden.device.type != "cpu":
            return functional.dropout(hidden, self.p)
        kept = self.draw(hidden.shape).kept(torch.empty(hidden.shape, dtype=hidden.dtype))
        return hidden * kept.mul_(self.scale)

    @property
    def drops(self) -> bool:
        """Whether anything is dropped at all."""
        return self.training and self.p > 0

    @property
    def scale(self) -> float:
        """The factor that compensates for dropped units: ``1 / (1 - p)``."""
        return 1 / (1 - self.p)

    def draw(self, shape: Sequence[int], random: np.random.Generator | None = None) -> DroppedUnits:
        """Which units of an array on a CPU are dropped; where several are drawn, they may share a new source."""
        random = random or new_source()
        threshold = min(255, int(256 * self.p + random.random()))
        count = math.prod(shape)
        draws = torch.from_numpy(random.bit_generator.random_raw(-(-count // 8)).view(np.uint8))
        return DroppedUnits(draws[:count].view(*shape), threshold)

    def extra_repr(self) -> str:
        return f"p={self.p}"


def set_dropout(model: nn.Module, p: float) -> None:
    """Let all of a model's parts drop units with the same probability."""
    for part in model.modules():
        if isinstance(part, Dropout):
            part.p = p
