"""In which numbers a step computes.

Weights, optimiser state, residual stream and norms stay in fp32; in `bf16` the matrix products take bfloat16. Whether
that is faster is measured and not read off the processor's flags: of two processors that both list `avx512_bf16` one
multiplied bfloat16 four times as fast as fp32 and the other half as fast.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

PrecisionName = Literal["auto", "fp32", "bf16"]

_WORTH_IT = 2.0
"""bf16 is taken when its products are so many times as fast: the rest of a step gains nothing and loses digits."""

_ROWS, _WIDTH, _INNER = 512, 384, 1536
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Precision:
    """A choice and its reason."""

    name: Literal["fp32", "bf16"]
    why: str

    def products(self, device: torch.device) -> AbstractContextManager[object]:
        """What the forward pass runs in."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(device.type, dtype=torch.bfloat16)


def choose_precision(wanted: PrecisionName, *, device: torch.device) -> Precision:
    """The precision that was asked for; under ``auto`` bf16 where it multiplies clearly faster, else fp32."""
    if wanted != "auto":
        return Precision(wanted, "as told")
    gain = _measure_gain(device)
    why = f"bf16 multiplies {gain:.1f} times as fast as fp32 here"
    return Precision("bf16" if gain >= _WORTH_IT else "fp32", why)


def _measure_gain(device: torch.device) -> float:
    """How many times as fast as fp32 bf16 multiplies, by the shortest of several products measured in turn."""
    seconds = dict.fromkeys((torch.float32, torch.bfloat16), float("inf"))
    for _ in range(_ROUNDS):
        for dtype, shortest in seconds.items():
            left = torch.ones(_ROWS, _WIDTH, dtype=dtype, device=device)
            right = torch.ones(_WIDTH, _INNER, dtype=dtype, device=device)
            started = time.perf_counter()
            (left @ right).sum().item()
            seconds[dtype] = min(shortest, time.perf_counter() - started)
    return seconds[torch.float32] / seconds[torch.bfloat16]
