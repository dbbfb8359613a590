from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, chain, cycle
from typing import Literal

import pytest
import torch

from onoma.engine import dtype as dtype_module
from onoma.engine.dtype import Dtype, choose_dtype

CPU = torch.device("cpu")


class Clock:
    """Lets each product take the next of these seconds; fp32 and 16 bits take turns."""

    def __init__(self, seconds: Iterable[float]) -> None:
        self._readings = accumulate(chain.from_iterable((0.0, each) for each in seconds))

    def perf_counter(self) -> float:
        return next(self._readings)


@pytest.mark.parametrize(
    ("fp32", "bf16", "chosen", "gain"),
    [(4.0, 1.0, "bf16", "4.0"), (2.0, 1.0, "bf16", "2.0"), (1.5, 1.0, "fp32", "1.5"), (1.0, 2.0, "fp32", "0.5")],
)
def test_bf16_is_taken_where_it_multiplies_clearly_faster(
    fp32: float, bf16: float, chosen: str, gain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dtype_module, "time", Clock(cycle([fp32, bf16])))
    dtype = choose_dtype("auto", device=CPU)
    assert (dtype.name, dtype.why) == (chosen, f"bf16 multiplies {gain} times as fast as fp32 here")


@pytest.mark.parametrize(
    ("first", "gain"), [([64.0, 1.0], "4.0"), ([4.0, 64.0], "4.0"), ([2.0, 1.0], "2.0"), ([4.0, 0.5], "8.0")]
)
def test_the_fastest_of_several_products_counts(first: list[float], gain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtype_module, "time", Clock(chain(first, cycle([4.0, 1.0]))))
    assert choose_dtype("auto", device=CPU).why.startswith(f"bf16 multiplies {gain} times")


def test_a_given_dtype_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtype_module, "time", Clock([]))
    assert choose_dtype("bf16", device=CPU) == Dtype("bf16", "as set")


@pytest.mark.parametrize(
    ("name", "numbers"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_products_are_computed_in_the_dtype(name: Literal["fp32", "bf16", "fp16"], numbers: torch.dtype) -> None:
    with Dtype(name, "").products(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == numbers


def test_only_fp16_scales_the_loss() -> None:
    dtypes = [Dtype("fp32", ""), Dtype("bf16", ""), Dtype("fp16", "")]
    assert [dtype.scaler(CPU).is_enabled() for dtype in dtypes] == [False, False, True]
