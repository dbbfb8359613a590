"""A model folder that is broken, or made to do harm: one message, and no other file is read."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

Edit = Callable[[Path], None]


def json_of(name: str, change: Callable[[Any], object]) -> Edit:
    """Changes a file's JSON."""

    def edit(folder: Path) -> None:
        fields = json.loads((folder / name).read_text(encoding="utf-8"))
        change(fields)
        (folder / name).write_text(json.dumps(fields), encoding="utf-8")

    return edit


def task(**fields: object) -> Edit:
    return json_of("onoma.json", lambda manifest: manifest["tasks"]["entities"].update(fields))


def calibrated(**fields: object) -> Edit:
    card = {"temperature": 1.0, "data": "dev", "entities": 30, "error_before": 0.2, "error_after": 0.1}
    return task(calibration=card | fields)


def manifest(**fields: object) -> Edit:
    return json_of("onoma.json", lambda manifest: manifest.update(fields))


def subwords(change: Callable[[dict[str, int]], object]) -> Edit:
    return json_of("tokenizer.json", lambda tokenizer: change(tokenizer["model"]["vocab"]))


def no_subwords(tokenizer: dict[str, Any]) -> None:
    tokenizer["model"]["vocab"].clear()
    tokenizer |= {"added_tokens": [], "post_processor": None}


def only(letter: str) -> Callable[[dict[str, Any]], None]:
    def change(tokenizer: dict[str, Any]) -> None:
        no_subwords(tokenizer)
        tokenizer["model"]["vocab"][letter] = 0

    return change


def removing_all(tokenizer: dict[str, Any]) -> None:
    tokenizer["normalizer"] = {"type": "Replace", "pattern": {"Regex": "."}, "content": ""}


def text(name: str, content: str) -> Edit:
    return lambda folder: void((folder / name).write_text(content, encoding="utf-8"))


def weights(change: Callable[[onnx.ModelProto], object]) -> Edit:
    """Changes the graph, and the manifest's figure of its size."""

    def edit(folder: Path) -> None:
        graph = onnx.load(folder / "model.onnx")
        change(graph)
        (folder / "model.onnx").write_bytes(graph.SerializeToString())
        manifest(files={"model.onnx": (folder / "model.onnx").stat().st_size})(folder)

    return edit


def broken(graph: onnx.ModelProto) -> None:
    for tensor in graph.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) == 1:
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.full(tensor.dims, np.nan, np.float32), tensor.name))


def elsewhere(location: str) -> Callable[[onnx.ModelProto], None]:
    def change(graph: onnx.ModelProto) -> None:
        tensor = max(graph.graph.initializer, key=lambda tensor: len(tensor.raw_data))
        length = len(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in {"location": location, "length": str(length)}.items():
            tensor.external_data.add(key=key, value=value)

    return change


def void(_: object) -> None:
    """Nothing, whatever came."""


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    """A copy to spoil, beside a file that is nobody's business."""
    (tmp_path / "secret").write_bytes(bytes(1 << 16))
    return Path(shutil.copytree(model, tmp_path / "model"))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (task(labels=["PER"]), "gives each subword 5 scores, .* ask for 3 scores"),
        (task(labels=["LOC", "PER", "ORG"]), "gives each subword 5 scores, .* ask for 7 scores"),
        (task(scheme="BIOES"), "gives each subword 5 scores, .* ask for 9 scores"),
        (task(labels=["PER", "PER"]), "labels: one occurs twice"),
        (task(labels=["PER", ""]), "labels"),
        (task(labels=[f"L{number}" for number in range(100_000)]), "array` of length <= 1000 .*labels"),
        (text("onoma.json", "[" * 100_000), "onoma.json: is not JSON in UTF-8 .*recursion"),
        (text("tokenizer.json", '{"model":' * 100_000), "tokenizer.json: cannot be read as a tokenizer"),
        (manifest(window={"size": 10**9, "overlap": 0}), "window.size"),
        (manifest(window={"size": 64, "overlap": 60}), "overlap 60 is more than half of size 64"),
        (calibrated(temperature=float("nan")), "onoma.json: is not JSON in UTF-8"),
        (calibrated(temperature=1e-300), "temperature"),
        (calibrated(temperature=1e300), "temperature"),
        (calibrated(slope=float("nan")), "onoma.json: is not JSON in UTF-8"),
        (calibrated(slope=1e300), "slope"),
        (calibrated(intercept=-1e300), "intercept"),
        (calibrated(thresholds={"PER": 7.0}), "thresholds"),
        (task(transitions={"step": [[1e300] * 5] * 5, "start": [0.0] * 5, "end": [0.0] * 5}), "transitions"),
        (json_of("tokenizer.json", no_subwords), "tokenizer.json: the tokenizer cannot encode every character"),
        (json_of("tokenizer.json", only("a")), "tokenizer.json: the tokenizer cannot encode every character"),
        (json_of("tokenizer.json", removing_all), "tokenizer.json: the tokenizer leaves nothing of a letter"),
        (subwords(lambda vocab: vocab.update({"ange": len(vocab)})), "model.onnx: fails at subword 153 of tokenizer"),
        (subwords(lambda vocab: vocab.update(angela=10**6)), "model.onnx: cannot be computed for this text"),
        (weights(broken), "model.onnx: its scores are not finite"),
        (weights(elsewhere("../secret")), "model.onnx: has its weights in other files"),
        (weights(elsewhere("inside")), "model.onnx: has its weights in other files"),
        (weights(elsewhere("*/_ORT_MEM_ADDR_/*")), "model.onnx: has its weights in other files"),
        (weights(lambda graph: graph.graph.output.pop()), "model.onnx: "),
    ],
)
def test_one_message(onoma, folder, edit, said):
    edit(folder)
    ended = onoma("tag", "--model", folder, "--text", "angela merkel visited lyon")
    assert (ended.status, ended.out) == (2, "")
    (message,) = ended.err.splitlines()
    assert message.startswith(f"onoma: {folder}")
    assert re.search(said, message), message


def test_a_row_with_a_subword_that_the_model_lacks_is_a_dead_letter(onoma, folder, tmp_path):
    subwords(lambda vocab: vocab.update(angela=10**6))(folder)
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "lyon"}\n{"text": "angela"}\n{"text": "merkel"}\n', encoding="utf-8")
    ended = onoma("tag", "--model", folder, rows, "--output", tmp_path / "out.jsonl", "--threads", "1")
    assert ended.status == 3, ended.err
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert "the model fails at it: InvalidArgument: " in (tmp_path / "out.jsonl.dead.jsonl").read_text(encoding="utf-8")


def test_training_is_told_of_too_many_labels(onoma, encoder, tmp_path):
    text = "\n\n".join(f"lyon\tB-L{number}" for number in range(1_001))
    (tmp_path / "train.conll").write_text(text + "\n", encoding="utf-8")
    named = ("--train", tmp_path / "train.conll", "--encoder", encoder, "--output", tmp_path / "out")
    ended = onoma("train", *named, "--skip-checks")
    assert (ended.status, "1,001 labels" in ended.err) == (2, True), ended.err
