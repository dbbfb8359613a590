from __future__ import annotations

import pytest
import torch

from onoma.engine import dtype as precision_module
from onoma.engine.dtype import Dtype, choose_dtype

CPU = torch.device("cpu")


@pytest.mark.parametrize(("gain", "chosen"), [(4.0, "bf16"), (1.2, "fp32"), (0.5, "fp32")])
def test_bf16_is_taken_where_it_multiplies_clearly_faster(
    gain: float, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision_module, "_measure_gain", lambda short, *, device: gain)
    precision = choose_dtype("auto", device=CPU)
    assert (precision.name, precision.why) == (chosen, f"bf16 multiplies {gain} times as fast as fp32 here")


def test_what_was_told_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(precision_module, "_measure_gain")
    assert choose_dtype("bf16", device=CPU) == Dtype("bf16", "as told")


def test_the_gain_is_that_of_this_machine() -> None:
    assert choose_dtype("auto", device=CPU).name in ("fp32", "bf16")


@pytest.mark.parametrize(
    ("name", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_products_take_the_precision_s_numbers(name: str, dtype: torch.dtype) -> None:
    precision = Dtype(name, "")  # type: ignore[arg-type]
    with precision.products(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_only_fp16_scales_the_loss() -> None:
    assert [Dtype(name, "").scaler(CPU).is_enabled() for name in ("fp32", "bf16", "fp16")] == [False, False, True]
