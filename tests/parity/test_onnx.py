"""The exported graph = torch, alone, in company and padded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from onoma.errors import ParityError
from onoma.export import export_onnx
from onoma.models import HeadSettings, Model, TorchBackend, load_pretrained, make_head
from onoma.runtime import PaddedBatch, run_one
from onoma.runtime.onnx import OnnxBackend
from onoma.tasks import AnyTask, SentenceTask, SpanTask, WordTask
from support.tagging import logits, recogniser, windows
from support.tiny import TAGS, shake


def test_the_graph_gives_the_scores_of_torch(encoder_folder: Path, tmp_path: Path) -> None:
    model = recogniser(load_pretrained(str(encoder_folder))).train()
    parity = export_onnx(model, tmp_path / "model.onnx", samples=windows(3, 7, 18, 40))
    assert parity.largest < 2e-5
    assert parity.samples == 7
    assert model.training

    candidate = OnnxBackend(tmp_path / "model.onnx")
    for rows, subwords in ((1, 1), (1, 30), (5, 2), (3, 400)):
        ids = np.stack(windows(*[subwords] * rows))
        mask = np.ones_like(ids)
        mask[1:, subwords // 2 :] = 0
        mask[:, 0] = 1
        expected = logits(TorchBackend(model), ids, mask)
        found = logits(candidate, ids, mask)
        assert found.shape == (rows, subwords, len(TAGS))
        np.testing.assert_allclose(found[mask == 1], expected[mask == 1], atol=3e-5)


def test_scores_are_right_where_they_are_asked_for(encoder_folder: Path, tmp_path: Path) -> None:
    export_onnx(recogniser(load_pretrained(str(encoder_folder))), tmp_path / "model.onnx", samples=windows(8))
    backend = OnnxBackend(tmp_path / "model.onnx", threads=1)
    ids, mask = np.stack(windows(9, 9, 9)), np.ones((3, 9), dtype=np.int64)
    mask[1, 5:] = 0
    wanted = np.zeros(mask.shape, dtype=bool)
    wanted[:, [1, 4]] = True
    expected = logits(backend, ids, mask)
    (found,) = backend.run([PaddedBatch(ids, mask, wanted)])
    np.testing.assert_allclose(found["entities"][wanted], expected[wanted], atol=1e-5)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_stream_of_batches_comes_back_in_order(encoder_folder: Path, tmp_path: Path, threads: int) -> None:
    export_onnx(recogniser(load_pretrained(str(encoder_folder))), tmp_path / "model.onnx", samples=windows(8))
    backend = OnnxBackend(tmp_path / "model.onnx", threads=threads)
    batches = []
    for rows, subwords in [(1, 3), (7, 200), (2, 30), (1, 1), (40, 20), (3, 2), (1, 400), (9, 9)]:
        mask = np.ones((rows, subwords), dtype=np.int64)
        mask[rows // 2 :, subwords // 2 + 1 :] = 0
        batches.append(PaddedBatch(np.stack(windows(*[subwords] * rows)), mask))
    streamed = [scores["entities"] for scores in backend.run(iter(batches))]
    assert list(backend.run([])) == []
    for batch, scores in zip(batches, streamed, strict=True):
        ids, mask = batch.ids, batch.mask
        assert scores.shape == (*ids.shape, len(TAGS))
        alone = np.concatenate([logits(backend, *pair) for pair in zip(ids[:, None], mask[:, None], strict=True)])
        np.testing.assert_allclose(scores[mask == 1], alone[mask == 1], atol=3e-5)


def test_the_graph_is_one_file_with_free_axes(encoder_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export_onnx(recogniser(load_pretrained(str(encoder_folder))), path, samples=windows(8))
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    graph = onnx.load(path).graph
    assert {entry.name: axes(entry) for entry in [*graph.input, *graph.output]} == {
        "input_ids": ["batch", "subwords"],
        "attention_mask": ["batch", "subwords"],
        "logits": ["batch", "subwords", len(TAGS)],
    }


def test_a_graph_that_differs_is_refused_and_replaces_nothing(encoder_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"the graph of yesterday")
    with pytest.raises(ParityError, match=r"differ by up to [\d.e-]+, and 0 is allowed \(engines [\d.e-]+, batch"):
        export_onnx(recogniser(load_pretrained(str(encoder_folder))), path, samples=windows(30), tolerance=0.0)
    assert path.read_bytes() == b"the graph of yesterday"
    assert list(tmp_path.iterdir()) == [path]


def axes(entry: onnx.ValueInfoProto) -> list[str | int]:
    return [axis.dim_param or axis.dim_value for axis in entry.type.tensor_type.shape.dim]


def test_every_head_has_an_output(encoder_folder: Path, tmp_path: Path) -> None:
    pretrained = load_pretrained(str(encoder_folder))
    tasks: dict[str, tuple[str, AnyTask]] = {
        "entities": ("span", SpanTask(("PER", "LOC"), size=4, widest=5)),
        "pos": ("linear", WordTask(("NOUN", "VERB", "DET"))),
        "topic": ("linear", SentenceTask(("a", "b"))),
    }
    heads = {name: make_head(head, pretrained.hidden, task, HeadSettings()) for name, (head, task) in tasks.items()}
    shake(model := Model(pretrained.encoder, heads))
    export_onnx(model, tmp_path / "model.onnx", samples=windows(3, 18))
    backend = OnnxBackend(tmp_path / "model.onnx")
    ids, mask = np.stack(windows(9, 9)), np.ones((2, 9), dtype=np.int64)
    mask[1, 5:] = 0
    expected, found = run_one(TorchBackend(model), ids, mask), run_one(backend, ids, mask)
    assert found.keys() == expected.keys() == tasks.keys()
    for name, scores in found.items():
        np.testing.assert_allclose(scores[mask == 1], expected[name][mask == 1], atol=5e-5)
