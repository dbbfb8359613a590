from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import pytest
import torch

from onoma.engine import dtype as dtype_module
from onoma.engine.dtype import Dtype, choose_dtype

CPU = torch.device("cpu")


class Watch:
    """Says that products took these seconds, and counts how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, fp32: float, bf16: float) -> None:
        self.asked = 0
        self.seconds = {"fp32": fp32, "16 bits": bf16}
        monkeypatch.setattr(dtype_module, "best_times", self)

    def __call__(self, works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
        self.asked += 1
        assert works.keys() == self.seconds.keys()
        for work in works.values():
            work()
        return self.seconds


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONOMA_CACHE", str(tmp_path))


@pytest.mark.parametrize(
    ("fp32", "bf16", "chosen", "gain"),
    [(4.0, 1.0, "bf16", "4.0"), (1.5, 1.0, "bf16", "1.5"), (1.4, 1.0, "fp32", "1.4"), (1.0, 2.0, "fp32", "0.5")],
)
def test_bf16_is_taken_where_it_multiplies_clearly_faster(
    fp32: float, bf16: float, chosen: str, gain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Watch(monkeypatch, fp32=fp32, bf16=bf16)
    dtype = choose_dtype("auto", device=CPU)
    assert (dtype.name, dtype.why) == (chosen, f"bf16 multiplies {gain} times as fast as fp32 here")


def test_it_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch, fp32=4.0, bf16=1.0)
    first = choose_dtype("auto", device=CPU)
    watch.seconds = {"fp32": 1.0, "16 bits": 1.0}
    assert choose_dtype("auto", device=CPU) == first
    assert watch.asked == 1
    monkeypatch.setattr(torch, "__version__", "99.0")
    assert choose_dtype("auto", device=CPU).name == "fp32"
    assert watch.asked == 2


def test_it_is_measured_in_one_thread_and_the_others_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    threads: list[int] = []

    def watch(works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
        threads.append(torch.get_num_threads())
        return dict.fromkeys(works, 1.0)

    monkeypatch.setattr(dtype_module, "best_times", watch)
    try:
        choose_dtype("auto", device=CPU)
        assert (threads, torch.get_num_threads()) == ([1], 3)
    finally:
        torch.set_num_threads(before)


def test_a_given_dtype_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch, fp32=4.0, bf16=1.0)
    assert choose_dtype("bf16", device=CPU) == Dtype("bf16", "as set")
    assert watch.asked == 0


@pytest.mark.parametrize(
    ("name", "numbers"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_products_are_computed_in_the_dtype(name: Literal["fp32", "bf16", "fp16"], numbers: torch.dtype) -> None:
    with Dtype(name, "").products(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == numbers


def test_only_fp16_scales_the_loss() -> None:
    dtypes = [Dtype("fp32", ""), Dtype("bf16", ""), Dtype("fp16", "")]
    assert [dtype.scaler(CPU).is_enabled() for dtype in dtypes] == [False, False, True]
