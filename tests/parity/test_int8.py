"""int8 graphs: near enough to torch, smaller, and as indifferent to neighbours as any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from onoma.export.affine import Int8
from onoma.export.graph import writable, write_graph
from onoma.export.ranges import measure_ranges
from onoma.machine import Processor, find_processor
from onoma.models import Model, TorchBackend, load_pretrained
from onoma.runtime import onnx
from onoma.runtime.onnx import OnnxBackend
from support.tagging import logits, recogniser, windows
from support.tiny import OURS, write_distilbert, write_encoder


def quantised(model: Model, path: Path, *, exact_layers: int = 0) -> OnnxBackend:
    graph = write_graph(
        model, arithmetic=Int8(measure_ranges(model, windows(*range(3, 60)))), exact_layers=exact_layers
    )
    path.write_bytes(graph.SerializeToString())
    return OnnxBackend(path, threads=1)


@pytest.mark.parametrize("family", OURS)
def test_scores_differ_by_a_few_hundredths_of_their_spread(tmp_path: Path, family: str) -> None:
    model = recogniser(load_pretrained(str(write_encoder(tmp_path, family=family))))
    ids = np.stack(windows(*[30] * 20))
    mask = np.ones_like(ids)
    mask[10:, 20:] = 0
    expected = logits(TorchBackend(model), ids, mask)[mask == 1]
    found = logits(quantised(model, tmp_path / "x.onnx"), ids, mask)[mask == 1]
    assert np.abs(found - expected).mean() < 0.05 * expected.std()
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.95


@pytest.mark.parametrize("flags", [frozenset(), frozenset({"avx512_vnni"})], ids=["without VNNI", "with VNNI"])
def test_sums_of_products_do_not_overflow_on_any_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: frozenset[str]
) -> None:
    if flags and not find_processor().has_vnni:
        pytest.skip("this processor has no VNNI")
    monkeypatch.setattr(onnx, "find_processor", lambda: Processor("any", flags))
    model = recogniser(load_pretrained(str(write_encoder(tmp_path))))
    for part in model.modules():
        if isinstance(part, nn.Linear):
            part.weight.data.abs_().clamp_(min=0.9 * part.weight.data.max())  # sums of large products
    ids = np.stack(windows(*[30] * 5))
    expected = logits(TorchBackend(model), ids, np.ones_like(ids))
    found = logits(quantised(model, tmp_path / "x.onnx"), ids, np.ones_like(ids))
    assert np.abs(found - expected).mean() < 0.05 * np.abs(expected).mean()


def test_scores_do_not_depend_on_neighbours_or_padding(tmp_path: Path) -> None:
    model = recogniser(load_pretrained(str(write_encoder(tmp_path))))
    backend = quantised(model, tmp_path / "x.onnx")
    ids = np.stack(windows(*[40] * 9))
    mask = np.ones_like(ids)
    mask[0, 12:] = 0
    alone = logits(backend, ids[:1, :12], mask[:1, :12])
    np.testing.assert_allclose(logits(backend, ids, mask)[0, :12], alone[0], atol=2e-2)


def test_layers_left_exact_bring_scores_nearer(tmp_path: Path) -> None:
    model = recogniser(load_pretrained(str(write_encoder(tmp_path, layers=3))))
    ids = np.stack(windows(*[30] * 20))
    expected = logits(TorchBackend(model), ids, np.ones_like(ids))
    errors = [
        np.abs(logits(quantised(model, tmp_path / "x.onnx", exact_layers=n), ids, np.ones_like(ids)) - expected).mean()
        for n in (0, 2, 9)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_an_int8_graph_is_a_quarter_as_large(tmp_path: Path) -> None:
    model = recogniser(load_pretrained(str(write_encoder(tmp_path, hidden=128))))
    quantised(model, tmp_path / "int8.onnx")
    exact = write_graph(model).SerializeToString()
    positions = 4 * 512 * 128  # these stay in fp32
    assert (tmp_path / "int8.onnx").stat().st_size - positions < 0.35 * (len(exact) - positions)


def test_what_transformers_runs_is_not_written_by_us(tmp_path: Path) -> None:
    assert not writable(recogniser(load_pretrained(str(write_distilbert(tmp_path)))))
