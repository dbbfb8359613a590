"""A manifest is checked whole when it is read, and one of an older format still loads."""

from __future__ import annotations

import json

import numpy as np
import pytest

from onoma.bundle import EncoderCard, Manifest, TagsCard, TransitionsCard, WindowConfig, load_bundle, write_manifest
from onoma.errors import BundleError
from onoma.tasks import SentenceTask, TagTask, WordTask
from support.wordpieces import wordpiece

MANIFEST = Manifest(
    tasks={"entities": TagsCard(labels=("X", "Y"), scheme="BIO", head="linear")},
    window=WindowConfig(size=32, overlap=8),
    encoder=EncoderCard(name="none", family="bert"),
)

OF_FORMAT_1 = {
    "format": 1,
    "labels": ["X", "Y"],
    "scheme": "BIO",
    "head": "linear",
    "window": {"size": 32, "overlap": 8},
    "encoder": {"name": "none", "family": "bert", "digest": ""},
    "precision": "int8",
}

CALIBRATION = {"temperature": 1.5, "data": "dev", "entities": 30, "error_before": 0.2, "error_after": 0.1}


@pytest.fixture
def folder(tmp_path):
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    write_manifest(MANIFEST, tmp_path)
    return tmp_path


def _edit(folder, **fields):
    path = folder / "onoma.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def _edit_task(folder, **fields):
    task = json.loads((folder / "onoma.json").read_text(encoding="utf-8"))["tasks"]["entities"]
    _edit(folder, tasks={"entities": task | fields})


def test_a_bundle_knows_its_labels_and_its_whole_manifest(folder):
    bundle = load_bundle(folder)
    assert bundle.labels == ("X", "Y")
    assert bundle.manifest == MANIFEST
    task = bundle.task()
    assert isinstance(task, TagTask)
    assert task.tags == ("O", "B-X", "I-X", "B-Y", "I-Y")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"labels": []}, "labels"),
        ({"labels": "X"}, "labels"),
        ({"scheme": "IOB7"}, "scheme"),
        ({"kind": "spells"}, "kind"),
        ({"calibration": {}}, "calibration"),
        ({"calibration": CALIBRATION | {"thresholds": {"X": "high"}}}, "thresholds"),
        ({"calibration": CALIBRATION | {"slope": -1.0}}, "slope"),
        ({"calibration": CALIBRATION | {"temperature": 0.0}}, "temperature"),
        ({"calibration": CALIBRATION | {"intercept": "high"}}, "intercept"),
        ({"transitions": {"step": [["high"]], "start": [], "end": []}}, "step"),
    ],
)
def test_a_broken_task_is_named_when_the_bundle_is_loaded(folder, fields, said):
    _edit_task(folder, **fields)
    with pytest.raises(BundleError, match=said):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tasks": {}}, "entities"),
        ({"window": {"size": 2, "overlap": 0}}, "window.size"),
        ({"window": {"size": 32}}, "overlap.*window"),
        ({"window": {"size": 32, "overlap": -1}}, "window.overlap"),
        ({"window": {"size": 32, "overlap": 0, "documents": "pages"}}, "window.documents"),
        ({"files": {"model.onnx": "big"}}, "files"),
        ({"provenance": {"seed": "red"}}, "provenance.seed"),
        ({"colour": "red"}, "colour"),
        ({"format": 3}, "format 3 is newer than 2"),
    ],
)
def test_a_broken_manifest_is_named_when_the_bundle_is_loaded(folder, fields, said):
    _edit(folder, **fields)
    with pytest.raises(BundleError, match=said):
        load_bundle(folder)


def test_transitions_that_do_not_fit_the_tags_are_refused(folder):
    _edit_task(folder, transitions={"step": [[0.0]], "start": [0.0, 0.0], "end": [0.0]})
    with pytest.raises(BundleError, match="transitions"):
        load_bundle(folder).task()


def test_transitions_come_back_as_they_went_in(folder):
    values = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32).astype(float).tolist()
    write_manifest(
        MANIFEST.with_entities(transitions=TransitionsCard(step=values[:5], start=values[5], end=values[6])), folder
    )
    task = load_bundle(folder).task()
    assert isinstance(task, TagTask)
    assert task.parameters["step"].tolist() == values[:5]
    assert task.transitions.start[1] == values[5][1]
    assert task.transitions.start[2] == -np.inf


def test_a_manifest_of_format_1_still_loads(folder):
    (folder / "onoma.json").write_text(json.dumps(OF_FORMAT_1 | {"calibration": CALIBRATION}), encoding="utf-8")
    bundle = load_bundle(folder)
    assert bundle.manifest == MANIFEST.with_entities(calibration=bundle.manifest.entities.calibration).replace(
        dtype="int8"
    )
    assert bundle.task().calibration.temperature == 1.5
    _edit(folder, colour="red")
    with pytest.raises(BundleError, match="colour"):
        load_bundle(folder)


def test_a_manifest_may_have_further_tasks(folder):
    cards = {"pos": {"kind": "words", "labels": ["A", "B"], "head": "linear"}}
    cards["topic"] = cards["pos"] | {"kind": "sentences"}
    entities = json.loads((folder / "onoma.json").read_text(encoding="utf-8"))["tasks"]["entities"]
    _edit(folder, tasks={"entities": entities, **cards})
    bundle = load_bundle(folder)
    assert {name: type(task) for name, task in bundle.tasks().items()} == {
        "entities": TagTask,
        "pos": WordTask,
        "topic": SentenceTask,
    }
    assert bundle.labels == ("X", "Y")
    assert list(bundle.only("pos").tasks()) == ["pos"]
    write_manifest(bundle.manifest, folder)
    assert load_bundle(folder).manifest == bundle.manifest


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"kind": "words", "labels": ["A", "A"], "head": "linear"}, "labels: one occurs twice"),
        ({"kind": "trees", "labels": ["A"], "head": "linear"}, "trees"),
    ],
)
def test_a_broken_further_task_is_refused(folder, card, message):
    entities = json.loads((folder / "onoma.json").read_text(encoding="utf-8"))["tasks"]["entities"]
    _edit(folder, tasks={"entities": entities, "pos": card})
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_entities_are_found_by_a_task_that_finds_entities(folder):
    _edit(folder, tasks={"entities": {"kind": "words", "labels": ["A"], "head": "linear"}})
    with pytest.raises(BundleError, match="the kind of 'entities' finds no entities"):
        load_bundle(folder)
