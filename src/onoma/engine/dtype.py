"""The dtype of the matrix products in training (mixed precision).

Weights, optimizer state, residual stream and norms stay in fp32; with `bf16` and `fp16`, the matrix products are
computed with 16-bit inputs. Small gradients underflow in fp16, so the loss is scaled up before the backward pass
(Micikevicius et al. 2018); fp16 is meant for GPUs without bfloat16.

Whether 16-bit products are faster is measured, because the processor's flags do not tell: of two processors that both
list `avx512_bf16`, one multiplied bfloat16 four times as fast as fp32 and the other half as fast. The measurement runs
once per processor and version of torch, in one thread, and its result is stored in the user's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

from onoma.machine import best_times, cached_measurement

DtypeName = Literal["auto", "fp32", "bf16", "fp16"]

_TORCH_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

_MIN_SPEEDUP = 1.5
"""Minimum speedup of 16-bit matrix products; below it, the loss of precision is not worth the gain in a whole step."""

_ROWS, _WIDTH, _INNER = 256, 384, 1536
"""Shape of the measured product: a feed-forward layer of a small encoder, short enough to be rarely interrupted."""


@dataclass(frozen=True, slots=True)
class Dtype:
    """A chosen dtype, and the reason for the choice as text for the user."""

    name: Literal["fp32", "bf16", "fp16"]
    why: str

    def products(self, device: torch.device) -> AbstractContextManager[object]:
        """Return the autocast context for the forward pass; it does nothing for fp32."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(device.type, dtype=_TORCH_DTYPES[self.name])

    def scaler(self, device: torch.device) -> torch.amp.GradScaler:
        """Return the scaler of the loss and the gradients; it does nothing for fp32 and bf16."""
        return torch.amp.GradScaler(device.type, enabled=self.name == "fp16")


def choose_dtype(wanted: DtypeName, *, device: torch.device) -> Dtype:
    """Choose the dtype; for ``auto``, a 16-bit dtype if its matrix products are clearly faster, otherwise fp32."""
    if wanted != "auto":
        return Dtype(wanted, "as set")
    name: Literal["bf16", "fp16"] = "bf16" if device.type != "cuda" or torch.cuda.is_bf16_supported(False) else "fp16"
    speedup = _measure_speedup(_TORCH_DTYPES[name], device=device)
    reason = f"{name} multiplies {speedup:.1f} times as fast as fp32 here"
    return Dtype(name if speedup >= _MIN_SPEEDUP else "fp32", reason)


def _measure_speedup(dtype: torch.dtype, *, device: torch.device) -> float:
    """Return the speedup of matrix products over fp32, measured now or earlier on this machine."""
    facts = {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "dtype": dtype,
    }
    products = {"fp32": _make_product(torch.float32, device), "16 bits": _make_product(dtype, device)}

    def measure() -> dict[str, float]:
        with _one_thread():
            return best_times(products)

    seconds = cached_measurement("products", measure, facts=facts)
    return seconds["fp32"] / seconds["16 bits"]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute in one thread, because several threads wait for the slowest one if the processor is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _make_product(dtype: torch.dtype, device: torch.device) -> Callable[[], None]:
    left = torch.ones(_ROWS, _WIDTH, dtype=dtype, device=device)
    right = torch.ones(_WIDTH, _INNER, dtype=dtype, device=device)
    result = torch.empty(_ROWS, _INNER, dtype=dtype, device=device)

    def multiply() -> None:
        torch.mm(left, right, out=result)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return multiply
