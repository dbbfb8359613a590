"""In which numbers a step computes.

Weights, optimiser state, residual stream and norms stay in fp32; in `bf16` and `fp16` the matrix products take numbers
of 16 bits. fp16 has few of them near 0, so the loss is scaled up before the backward pass (Micikevicius et al. 2018);
it is for GPUs without bfloat16. Whether 16 bits are faster is measured and not read off the processor's flags: of two
processors that both list `avx512_bf16` one multiplied bfloat16 four times as fast as fp32 and the other half as fast.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

DtypeName = Literal["auto", "fp32", "bf16", "fp16"]

_NUMBERS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

_WORTH_IT = 2.0
"""16 bits are taken when they multiply so many times as fast: the rest of a step gains nothing and loses digits."""

_ROWS, _WIDTH, _INNER = 512, 384, 1536
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Dtype:
    """A choice and its reason."""

    name: Literal["fp32", "bf16", "fp16"]
    why: str

    def products(self, device: torch.device) -> AbstractContextManager[object]:
        """What the forward pass runs in."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(device.type, dtype=_NUMBERS[self.name])

    def scaler(self, device: torch.device) -> torch.amp.GradScaler:
        """What scales the loss, and undoes it before the step; under fp32 and bf16 it does nothing."""
        return torch.amp.GradScaler(device.type, enabled=self.name == "fp16")


def choose_dtype(wanted: DtypeName, *, device: torch.device) -> Dtype:
    """The dtype that was asked for; under ``auto`` 16 bits where they multiply clearly faster, else fp32."""
    if wanted != "auto":
        return Dtype(wanted, "as set")
    short: Literal["bf16", "fp16"] = "bf16" if device.type != "cuda" or torch.cuda.is_bf16_supported(False) else "fp16"
    gain = _measure_gain(_NUMBERS[short], device=device)
    why = f"{short} multiplies {gain:.1f} times as fast as fp32 here"
    return Dtype(short if gain >= _WORTH_IT else "fp32", why)


def _measure_gain(short: torch.dtype, *, device: torch.device) -> float:
    """How many times as fast as fp32 it multiplies, by the shortest of several products measured in turn."""
    seconds = dict.fromkeys((torch.float32, short), float("inf"))
    for _ in range(_ROUNDS):
        for dtype, shortest in seconds.items():
            left = torch.ones(_ROWS, _WIDTH, dtype=dtype, device=device)
            right = torch.ones(_WIDTH, _INNER, dtype=dtype, device=device)
            started = time.perf_counter()
            (left @ right).sum().item()
            seconds[dtype] = min(shortest, time.perf_counter() - started)
    return seconds[torch.float32] / seconds[short]
