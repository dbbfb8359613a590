"""`onoma export`: graphs beside the weights, bundles that only tag, and refusals that leave everything as it was."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

import onoma as package
from onoma.errors import BundleError, InputError
from onoma.export import Agreement
from onoma.export import exported as exported_module
from onoma.metrics import Counts, Report
from support.learnable import write_corpus

TEXT = "Angela Merkel visited Lyon."


@pytest.fixture
def copied(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "model"))


def entities(tagger: package.Tagger) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for entity in tagger.tag(TEXT).entities]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_int8_that_has_proved_itself_is_preferred(onoma, copied, corpus):
    outcome = onoma("export", copied, "--quantize", "int8", "--dev", corpus)
    assert outcome.status == 0, outcome.err
    assert "exact F1 on dev: 100.00 with int8, 100.00 with fp32" in outcome.err
    manifest = json.loads((copied / "onoma.json").read_text(encoding="utf-8"))
    assert manifest["dtype"] == "int8"
    assert manifest["files"]["model.int8.onnx"] == (copied / "model.int8.onnx").stat().st_size
    lines = [line.split() for line in onoma("info", copied).out.splitlines()]
    assert ["dtypes", "fp32,", "int8;", "default", "int8"] in lines
    assert "dev with int8" in (copied / "README.md").read_text(encoding="utf-8")
    for dtype in ("auto", "int8", "fp32"):
        assert entities(package.load(copied, dtype=dtype)) == [("Angela Merkel", "PER"), ("Lyon", "LOC")]


def test_without_dev_agreement_is_told_and_fp32_stays_preferred(onoma, copied):
    outcome = onoma("export", copied, "--quantize", "int8")
    assert outcome.status == 0, outcome.err
    assert "on random subwords int8 and fp32 agree on" in outcome.err
    assert "pass --dev" in outcome.err
    assert json.loads((copied / "onoma.json").read_text(encoding="utf-8"))["dtype"] is None


def test_an_int8_graph_is_checked_by_its_own_export_only(onoma, copied, corpus, tmp_path):
    assert onoma("export", copied, "--quantize", "int8", "--dev", corpus).status == 0
    assert onoma("export", copied).status == 0
    manifest = package.load(copied).bundle.manifest
    assert (manifest.dtype, "dev with int8" in manifest.provenance.figures) == ("int8", True)
    assert onoma("export", copied, "--output", tmp_path / "exact").status == 0
    assert onoma("export", copied, "--quantize", "int8", "--exact-layers", "1").status == 0
    for folder in (copied, tmp_path / "exact"):
        manifest = package.load(folder).bundle.manifest
        assert (manifest.dtype, "dev with int8" in manifest.provenance.figures) == (None, False)


def test_a_shipped_bundle_holds_what_tagging_needs_and_nothing_else(onoma, copied, corpus, tmp_path):
    before, shipped = content(copied), tmp_path / "shipped"
    outcome = onoma("export", copied, "--quantize", "int8", "--dev", corpus, "--output", shipped)
    assert outcome.status == 0, outcome.err
    assert sorted(content(shipped)) == ["README.md", "model.int8.onnx", "onoma.json", "tokenizer.json"]
    assert content(copied) == before
    assert onoma("tag", "--model", shipped, "--text", TEXT).out == "[Angela Merkel PER] visited [Lyon LOC].\n"
    again = onoma("export", copied, "--quantize", "int8", "--output", shipped)
    assert (again.status, "pass --overwrite" in again.err) == (2, True)
    with pytest.raises(BundleError, match=r"has no model\.safetensors to export"):
        package.export_model(shipped)


def test_the_exact_graph_is_written_anew(onoma, copied):
    (copied / "model.onnx").write_bytes(b"broken")
    outcome = onoma("export", copied)
    assert (outcome.status, "scores are those of torch" in outcome.err) == (0, True)
    assert entities(package.load(copied)) == [("Angela Merkel", "PER"), ("Lyon", "LOC")]


def test_int8_that_loses_too_much_is_refused_and_nothing_is_written(onoma, copied, corpus, tmp_path, monkeypatch):
    def worse(*_: object, **__: object) -> Agreement:
        exact, quantised = (
            Report(exact=counts, surface=counts, partial=counts, labels={}, documents=1, notes=())
            for counts in (Counts(correct=4, predicted=4, gold=4), Counts(correct=3, predicted=4, gold=4))
        )
        return Agreement(0.9, exact, quantised)

    monkeypatch.setattr(exported_module, "measure_agreement", worse)
    before = content(copied)
    for extra in ([], ["--output", tmp_path / "new"]):
        outcome = onoma("export", copied, "--quantize", "int8", "--dev", corpus, *extra)
        assert outcome.status == 2
        assert "int8 loses 25.00 points of exact F1 on dev (100.00 to 75.00), and 0.2 are allowed" in outcome.err
        assert "--exact-layers" in outcome.err
    assert content(copied) == before
    assert not (tmp_path / "new").exists()
    assert onoma("export", copied, "--quantize", "int8", "--dev", corpus, "--max-loss", "30").status == 0


def test_requests_that_make_no_sense_are_refused(onoma, copied, corpus, tmp_path):
    plain = write_corpus(tmp_path / "plain.conll", ["the/O visited/O"])
    before = content(copied)
    for arguments, expected in [
        (("--quantize", "int4"), "--quantize int4: unknown quantization; the only one is int8"),
        (("--dev", corpus), "belong to --quantize int8"),
        (("--max-loss", "1"), "--max-loss is measured on --dev"),
        (("--overwrite",), "--overwrite belongs to --output"),
        (("--output", copied, "--overwrite"), "would lose its weights"),
        (("--quantize", "int8", "--dev", plain), "has no entities"),
        (("--quantize", "int8", "--dev", tmp_path / "none.conll"), "none.conll"),
    ]:
        outcome = onoma("export", copied, *arguments)
        assert (outcome.status, expected in outcome.err) == (2, True), outcome.err
    assert content(copied) == before


def test_an_engine_is_asked_for_by_name(copied):
    with pytest.raises(InputError, match="unknown dtype 'gpu'"):
        package.load(copied, dtype="gpu")
    with pytest.raises(BundleError, match="--quantize int8"):
        package.load(copied, dtype="int8")


def test_bf16_says_what_it_needs(onoma, copied, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "onoma.runtime.openvino", raising=False)
    outcome = onoma("tag", "--model", copied, "--dtype", "bf16", "--text", "Lyon")
    assert (outcome.status, "pip install 'onoma[bf16]'" in outcome.err) == (2, True), outcome.err
