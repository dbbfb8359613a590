"""In which numbers a step computes.

Weights, optimiser state, residual stream and norms stay in fp32; in `bf16` and `fp16` the matrix products take numbers
of 16 bits. fp16 has few of them near 0, so the loss is scaled up before the backward pass (Micikevicius et al. 2018);
it is for GPUs without bfloat16. Whether 16 bits are faster is measured and not read off the processor's flags: of two
processors that both list `avx512_bf16` one multiplied bfloat16 four times as fast as fp32 and the other half as fast.
It is measured once for a processor and version of torch, in one thread, and kept in the user's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

from onoma.machine import remembered, shortest_times

DtypeName = Literal["auto", "fp32", "bf16", "fp16"]

_NUMBERS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

_WORTH_IT = 1.5
"""16 bits are taken when they multiply so many times as fast: the rest of a step gains little and loses digits."""

_ROWS, _WIDTH, _INNER = 256, 384, 1536
"""The product that is measured, of a small encoder's feed-forward step; so short that it is often undisturbed."""


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
    """How many times as fast as fp32 it multiplies, measured now or earlier on this machine."""
    facts = {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "dtype": short,
    }
    products = {"fp32": _product(torch.float32, device), "16 bits": _product(short, device)}

    def measure() -> dict[str, float]:
        with _one_thread():
            return shortest_times(products)

    seconds = remembered("products", measure, facts=facts)
    return seconds["fp32"] / seconds["16 bits"]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute in one thread: where other work uses the processor, several wait for the slowest."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _product(dtype: torch.dtype, device: torch.device) -> Callable[[], None]:
    left = torch.ones(_ROWS, _WIDTH, dtype=dtype, device=device)
    right = torch.ones(_WIDTH, _INNER, dtype=dtype, device=device)
    result = torch.empty(_ROWS, _INNER, dtype=dtype, device=device)

    def multiply() -> None:
        torch.mm(left, right, out=result)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return multiply
