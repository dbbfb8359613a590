"""OpenVINO in bf16 = ONNX Runtime in fp32, but for the rounding."""

from __future__ import annotations

import gc
import signal
from pathlib import Path

import numpy as np
import pytest

from onoma.errors import BundleError
from onoma.export import export_onnx
from onoma.models import load_pretrained
from onoma.runtime import PaddedBatch
from onoma.runtime.onnx import OnnxBackend
from onoma.runtime.openvino import OpenvinoBackend
from onoma.telemetry import without
from support.tagging import logits, recogniser

with without("openvino_telemetry"):
    import openvino

pytestmark = pytest.mark.skipif(
    "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
    reason="this processor does not multiply in bf16",
)


@pytest.fixture
def graph(encoder_folder: Path, tmp_path: Path) -> Path:
    """Of every architecture: those that we write node by node, and those that torch traces."""
    export_onnx(recogniser(load_pretrained(str(encoder_folder))), tmp_path / "model.onnx", samples=[np.arange(5, 13)])
    return tmp_path / "model.onnx"


def test_scores_are_those_of_fp32_but_for_rounding(graph: Path) -> None:
    """At 400 subwords too, of whose places bf16 could not count half."""
    exact, rounded = OnnxBackend(graph, threads=1), OpenvinoBackend(graph, threads=1)
    random = np.random.default_rng(3)
    for rows, subwords in ((1, 1), (1, 30), (5, 2), (3, 400)):
        ids = random.integers(5, 100, (rows, subwords))
        mask = np.ones_like(ids)
        mask[1:, subwords // 2 :] = 0
        mask[:, 0] = 1
        expected, found = (logits(each, ids, mask)[mask == 1] for each in (exact, rounded))
        assert not np.array_equal(found, expected)
        np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())


def test_a_stream_on_several_threads_comes_back_in_order(graph: Path) -> None:
    random = np.random.default_rng(4)
    batches = []
    for rows, subwords in [(1, 3), (7, 200), (40, 20), (1, 400), (9, 9)]:
        ids = random.integers(5, 100, (rows, subwords))
        mask = np.ones_like(ids)
        wanted = np.zeros(mask.shape, dtype=bool)
        wanted[:, 0] = True
        batches.append(PaddedBatch(ids, mask, wanted))
    one, three = (OpenvinoBackend(graph, threads=threads) for threads in (1, 3))
    for ours, others in zip(one.run(batches), three.run(batches), strict=True):
        np.testing.assert_allclose(
            ours["entities"][:, 0], others["entities"][:, 0], atol=1e-4 * np.abs(ours["entities"]).max()
        )


def test_a_signal_finds_the_process_well_when_backends_have_gone(graph: Path) -> None:
    first, second = OpenvinoBackend(graph, threads=1), OpenvinoBackend(graph, threads=1)
    del first
    gc.collect()
    del second
    gc.collect()
    received = []
    before = signal.signal(signal.SIGUSR1, lambda *_: received.append(True))
    try:
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert received


def test_a_broken_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no graph")
    with pytest.raises(BundleError, match="cannot be loaded as an ONNX graph"):
        OpenvinoBackend(path)
