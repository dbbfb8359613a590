"""Dtype `auto`: the fastest of those that the model allows, measured once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

import onoma as package
from onoma.api import dtypes
from onoma.api.dtypes import choose_dtype
from onoma.bundle import load_bundle


@pytest.fixture(scope="module")
def exported(model: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose int8 was checked on dev."""
    folder = Path(shutil.copytree(model, tmp_path_factory.mktemp("exported") / "model"))
    package.export_model(folder, quantize="int8", dev=corpus, max_loss=100.0)
    return folder


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONOMA_CACHE", str(tmp_path / "cache"))


def fastest(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """Let a dtype be measured as the fastest; each is computed once."""

    def times(works: Mapping[str, object], **_: object) -> dict[str, float]:
        return {name: 0.001 if name == dtype else 0.002 for name in works}

    monkeypatch.setattr(dtypes, "best_times", times)


def without_measuring(*_: object, **__: object) -> dict[str, float]:
    raise AssertionError("nothing is to be measured")


@pytest.mark.parametrize("dtype", ["fp32", "int8"])
def test_the_fastest_is_taken_and_info_says_why(onoma, exported, monkeypatch, dtype):
    fastest(monkeypatch, dtype)
    assert choose_dtype(load_bundle(exported), threads=1).dtype == dtype
    (line,) = [line for line in onoma("info", exported).out.splitlines() if line.startswith("auto ")]
    assert line.split()[1] == f"{dtype}:"
    assert "subwords/s" in line


def test_it_is_measured_once_for_a_model_and_a_number_of_threads(exported, monkeypatch):
    fastest(monkeypatch, "fp32")
    first = choose_dtype(load_bundle(exported), threads=1)
    fastest(monkeypatch, "int8")
    assert choose_dtype(load_bundle(exported), threads=1) == first
    assert choose_dtype(load_bundle(exported), threads=2).dtype == "int8"


@pytest.mark.parametrize(("difference", "dtype"), [(0.01, "bf16"), (0.03, "int8")])
def test_bf16_may_be_no_less_exact_than_int8(exported, monkeypatch, difference, dtype):
    figures = {
        "fp32": 1000.0,
        "int8": 2000.0,
        "bf16": 3000.0,
        "fp32 difference": 0.0,
        "int8 difference": 0.02,
        "bf16 difference": difference,
    }
    monkeypatch.setattr(dtypes, "cached_measurement", lambda *_, **__: figures)
    choice = choose_dtype(load_bundle(exported))
    assert choice.dtype == dtype
    assert ("too inexact" in choice.reason) == (dtype == "int8")


def test_nothing_is_measured_where_there_is_no_choice(exported, model, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(dtypes, "best_times", without_measuring)
    assert choose_dtype(load_bundle(model)).dtype == "fp32"
    package.export_model(exported, quantize="int8", dev=corpus, max_loss=100.0, output=tmp_path / "int8")
    assert choose_dtype(load_bundle(tmp_path / "int8")).dtype == "int8"


def test_int8_that_was_not_checked_on_dev_is_not_chosen(model, tmp_path, monkeypatch):
    monkeypatch.setattr(dtypes, "best_times", without_measuring)
    folder = Path(shutil.copytree(model, tmp_path / "model"))
    package.export_model(folder, quantize="int8")
    assert choose_dtype(load_bundle(folder)).dtype == "fp32"


def test_a_real_measurement_gives_a_tagger(exported):
    choice = choose_dtype(load_bundle(exported), threads=1)
    assert choice.speeds[choice.dtype] > 0
    assert set(choice.speeds) >= {"fp32", "int8"}
    assert package.load(exported, threads=1).tag("Lyon").text == "Lyon"
