"""Dropout that draws only one random byte per unit.

torch draws a full random number for every unit; on a CPU that took 8 % of a training step.
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
    """A random byte for each unit, and a threshold; units whose byte is below the threshold are dropped."""

    draws: UInt8[Tensor, " *axes"]
    threshold: int

    def kept(self, out: Float[Tensor, " *axes"]) -> Float[Tensor, " *axes"]:
        """Write 1 for every unit that is kept and 0 for every dropped one to an array of floats, and return it.

        A boolean mask would have to be converted, which costs four times as much.
        """
        return torch.ge(self.draws, self.threshold, out=out)


def new_source() -> np.random.Generator:
    """Return a new random generator, seeded with one number from torch's global generator."""
    return np.random.Generator(np.random.SFC64(int(torch.randint(2**63 - 1, ()))))


class Dropout(nn.Module):
    """Dropout: random units are set to zero in training, and the others are scaled up (Srivastava et al. 2014).

    A unit is dropped if its random byte is below a threshold. At every call the threshold is ``256 * p``, rounded up or
    down at random, so that the probability of dropping a unit is exactly ``p``.

    The only random state is that of torch's global generator, from which each call takes one number. Saving and
    restoring that state therefore reproduces every mask.

    Args:
        p: dropout probability, below 1.
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
        keep_mask = self.draw(hidden.shape).kept(torch.empty(hidden.shape, dtype=hidden.dtype))
        return hidden * keep_mask.mul_(self.scale)

    @property
    def drops(self) -> bool:
        """Whether units are dropped at all: in training, with ``p`` above 0."""
        return self.training and self.p > 0

    @property
    def scale(self) -> float:
        """Factor that compensates for dropped units: ``1 / (1 - p)``."""
        return 1 / (1 - self.p)

    def draw(self, shape: Sequence[int], random: np.random.Generator | None = None) -> DroppedUnits:
        """Draw the units to drop from an array on a CPU.

        Args:
            shape: shape of the array.
            random: generator to draw from, which several calls may share; None for a new one.
        """
        random = random or new_source()
        threshold = min(255, int(256 * self.p + random.random()))
        count = math.prod(shape)
        draws = torch.from_numpy(random.bit_generator.random_raw(-(-count // 8)).view(np.uint8))
        return DroppedUnits(draws[:count].view(*shape), threshold)

    def extra_repr(self) -> str:
        return f"p={self.p}"


def set_dropout(model: nn.Module, p: float) -> None:
    """Set the probability of all :class:`Dropout` modules of a model."""
    for part in model.modules():
        if isinstance(part, Dropout):
            part.p = p
