from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from onoma.errors import BundleError
from onoma.models import (
    HeadSettings,
    LinearHead,
    Model,
    Pretrained,
    load_model,
    load_pretrained,
    make_head,
    save_model,
)
from onoma.schemes import SCHEMES
from onoma.tasks import AnyTask, SentenceTask, SpanTask, TagTask, WordTask
from support.tagging import linear, model_of
from support.tiny import TAGS, TASK, ragged, shake, wordpiece


@pytest.fixture
def pretrained(bert_folder: Path) -> Pretrained:
    return load_pretrained(str(bert_folder))


@pytest.fixture
def model(pretrained: Pretrained) -> Model:
    model = model_of(pretrained.encoder, linear(32, len(TAGS), dropout=0.25)).eval()
    shake(model.head("entities"))
    return model


@pytest.fixture
def folder(model: Model, pretrained: Pretrained, tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    folder.mkdir()
    save_model(model, folder, task=TASK, pretrained=pretrained)
    return folder


def test_what_was_saved_is_loaded(model: Model, folder: Path) -> None:
    loaded = load_model(folder)
    ids, mask = ragged((7, 3), vocabulary=100, pad=0)
    assert torch.equal(loaded(ids, mask)["entities"], model(ids, mask)["entities"])
    assert not loaded.training
    head = loaded.head("entities")
    assert isinstance(head, LinearHead)
    assert (head.tags, head.dropout.p) == (len(TAGS), 0.25)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_the_configuration_is_that_of_hugging_face(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["BertForTokenClassification"]
    assert config["id2label"]["1"] == "B-PER"
    assert config["label2id"]["B-PER"] == 1
    assert config["dtype"] == "float32"


def test_half_precision_of_the_source_is_not_carried_on(pretrained: Pretrained, model: Model, tmp_path: Path) -> None:
    halved = replace(pretrained, hf_config={**pretrained.hf_config, "torch_dtype": "float16"})
    save_model(model, tmp_path, task=TASK, pretrained=halved)
    assert "torch_dtype" not in json.loads((tmp_path / "config.json").read_text())


def test_names_for_another_number_of_tags_are_refused(model: Model, pretrained: Pretrained, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 scores of a word for the 5 of the head"):
        save_model(model, tmp_path, task=TagTask(("PER",), scheme=SCHEMES["BIO"]), pretrained=pretrained)


@pytest.mark.parametrize("kept", [0, 100, 10_000])
def test_weights_that_were_cut_short_are_named(folder: Path, kept: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BundleError, match=r"model\.safetensors: the weight file is truncated or broken .*again"):
        load_model(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_model(folder)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("id2label", {"0": "O"}, r"the head's affine\.weight is of shape \[5, 32\], config\.json asks for \[1, 32\]"),
        ("id2label", None, "has no id2label"),
        ("onoma_head", "tail", "unknown head 'tail'; choose one of linear, crf"),
    ],
)
def test_a_configuration_that_contradicts_the_weights_is_refused(
    folder: Path, field: str, value: object, told: str
) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(BundleError, match=told):
        load_model(folder)


def test_an_encoder_without_its_head_is_refused(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["classifier.bias"]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(BundleError, match=r"affine\.bias is missing"):
        load_model(folder)


FURTHER: dict[str, tuple[str, AnyTask]] = {
    "pos": ("linear", WordTask(("NOUN", "VERB"))),
    "topic": ("linear", SentenceTask(("a", "b", "c"))),
    "chunks": ("crf", TagTask(("NP",), scheme=SCHEMES["BIO"])),
    "names": ("span", SpanTask(("X",), size=4, widest=3)),
}


@pytest.fixture
def several(pretrained: Pretrained, model: Model, tmp_path: Path) -> tuple[Model, Path]:
    """A model with five heads, and the folder that it was saved to."""
    heads = {name: make_head(head, 32, task, HeadSettings()) for name, (head, task) in FURTHER.items()}
    several = Model(model.encoder, {"entities": model.head("entities"), **heads}).eval()
    shake(several)
    other_tasks = {name: task for name, (_, task) in FURTHER.items()}
    save_model(several, tmp_path, task=TASK, other_tasks=other_tasks, pretrained=pretrained)
    return several, tmp_path


def test_further_heads_are_loaded(several: tuple[Model, Path]) -> None:
    model, folder = several
    loaded = load_model(folder)
    ids, mask = ragged((7, 3), vocabulary=100, pad=0)
    expected, found = model(ids, mask), loaded(ids, mask)
    assert list(found) == ["entities", *FURTHER]
    assert all(torch.equal(found[name], expected[name]) for name in found)
    for name in ("chunks", "names"):
        learnt = model.head(name).parameters_for_decoding()
        assert all((loaded.head(name).parameters_for_decoding()[each] == learnt[each]).all() for each in learnt)


def test_a_folder_with_further_heads_serves_as_an_encoder(several: tuple[Model, Path], tmp_path: Path) -> None:
    _, folder = several
    wordpiece().save(str(folder / "tokenizer.json"))
    pretrained = load_pretrained(str(folder))
    target = tmp_path / "again"
    target.mkdir()
    save_model(model_of(pretrained.encoder, linear(32, len(TAGS))), target, task=TASK, pretrained=pretrained)
    assert list(load_model(target).heads) == ["entities"]


def test_a_further_head_without_weights_is_named(several: tuple[Model, Path]) -> None:
    _, folder = several
    weights = load_file(folder / "model.safetensors")
    save_file({name: each for name, each in weights.items() if "topic" not in name}, folder / "model.safetensors")
    with pytest.raises(BundleError, match=r"the head's affine.weight of topic is missing"):
        load_model(folder)
