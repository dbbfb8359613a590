"""What a manifest's quick look leaves to the full check."""

from __future__ import annotations

import json

import pytest

from onoma.bundle import EncoderCard, Manifest, Windowing, load_bundle, write_manifest
from onoma.errors import BundleError
from support.wordpieces import wordpiece

MANIFEST = Manifest(
    labels=("X", "Y"),
    scheme="BIO",
    head="linear",
    window=Windowing(size=32, overlap=8),
    encoder=EncoderCard(name="none", family="bert"),
)


@pytest.fixture
def folder(tmp_path):
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    write_manifest(MANIFEST, tmp_path)
    return tmp_path


def _edit(folder, **fields):
    path = folder / "onoma.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def test_a_bundle_knows_its_labels_and_its_whole_manifest(folder):
    bundle = load_bundle(folder)
    assert bundle.labels == ("X", "Y")
    assert bundle.manifest == MANIFEST
    assert bundle.decoder().tags == ("O", "B-X", "I-X", "B-Y", "I-Y")


CALIBRATION = {"temperature": 1.5, "data": "dev", "entities": 30, "error_before": 0.2, "error_after": 0.1}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"labels": []}, "labels"),
        ({"labels": "X"}, "labels"),
        ({"scheme": "IOB7"}, "scheme"),
        ({"window": {"size": 2, "overlap": 0}}, "window.size"),
        ({"window": {"size": 32}}, "window.overlap"),
        ({"window": {"size": 32, "overlap": -1}}, "window.overlap"),
        ({"files": {"model.onnx": "big"}}, "files"),
        ({"calibration": {}}, "calibration"),
        ({"calibration": CALIBRATION | {"thresholds": {"X": "high"}}}, "thresholds"),
        ({"calibration": CALIBRATION | {"slope": -1.0}}, "slope"),
        ({"calibration": CALIBRATION | {"intercept": "high"}}, "intercept"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_tagging_cannot_work_with_is_named_when_the_bundle_is_loaded(folder, fields, said):
    _edit(folder, **fields)
    with pytest.raises(BundleError, match=said):
        load_bundle(folder)


def test_what_tagging_does_not_need_is_checked_when_it_is_asked_for(folder):
    _edit(folder, provenance={"seed": "red"})
    bundle = load_bundle(folder)
    with pytest.raises(BundleError, match=r"onoma\.json: provenance\.seed"):
        _ = bundle.manifest
