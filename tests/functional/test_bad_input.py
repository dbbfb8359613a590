"""Bad input: one clear message with what to do, exit status 2, nothing half-written."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.learnable import QUICK, write_corpus


def _train(onoma, encoder, train, output, *more):
    return onoma("train", "--train", train, "--encoder", encoder, "-o", output, *QUICK, *more)


BAD_CORPORA = {
    "empty": (b"", "has no"),
    "blank": (b"\n \n\t\n", "has no"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", "byte|binary|NUL"),
    "latin1": (b"Jos\xe9\tB-PER\n", r"bad\.conll:1: byte 0xe9"),
    "few columns": (b"Ada\tB-PER\nmet\nBob\tB-PER\n", r"bad\.conll:2: "),
    "no label": (b"Ada\tB-\n", r"bad\.conll: .*label"),
    "no entity": (b"Ada\tO\nmet\tO\n", "no entities|nothing to train on"),
}


@pytest.mark.parametrize("name", BAD_CORPORA)
def test_a_corpus_that_cannot_be_used(onoma, encoder, tmp_path, name):
    content, said = BAD_CORPORA[name]
    path = tmp_path / "bad.conll"
    path.write_bytes(content)
    outcome = _train(onoma, encoder, path, tmp_path / "out", "--format", "conll")
    assert outcome.status == 2
    _says(outcome, said)
    assert sorted(left.name for left in tmp_path.iterdir()) == ["bad.conll"]


@pytest.mark.parametrize(("name", "said"), [("none.conll", "none.conll.*No such file"), (".", "folder")])
def test_a_corpus_that_is_no_file(onoma, encoder, tmp_path, name, said):
    outcome = _train(onoma, encoder, tmp_path / name, tmp_path / "out")
    assert outcome.status == 2
    _says(outcome, said)


@pytest.mark.parametrize("name", ["none.conll", "few columns.conll"])
def test_a_test_set_that_cannot_be_used_is_refused_before_training(onoma, encoder, corpus, tmp_path, name):
    (tmp_path / "few columns.conll").write_bytes(BAD_CORPORA["few columns"][0])
    outcome = _train(onoma, encoder, corpus, tmp_path / "out", "--test", tmp_path / name)
    assert outcome.status == 2
    _says(outcome, re.escape(name))
    assert "epoch" not in outcome.err


def test_a_broken_scheme_is_repaired_and_counted_or_refused(onoma, encoder, tmp_path):
    path = write_corpus(tmp_path / "x.conll", ["angela/B-PER", "lyon/B-LOC", "merkel/I-PER visited/O"])
    repaired = _train(onoma, encoder, path, tmp_path / "a", "--scheme", "BIO")
    assert repaired.status == 0
    assert "repaired" in repaired.err
    refused = _train(onoma, encoder, path, tmp_path / "b", "--scheme", "BIO", "--strict")
    assert refused.status == 2
    _says(refused, r"x\.conll:5: ")


def test_labels_that_differ_between_train_and_dev_are_named(onoma, encoder, tmp_path):
    train = write_corpus(tmp_path / "train.conll", ["angela/B-PER visited/O", "lyon/B-LOC"])
    dev = write_corpus(tmp_path / "dev.conll", ["angela/B-PERSON visited/O", "merkel/B-PER"])
    outcome = _train(onoma, encoder, train, tmp_path / "out", "--dev", dev)
    assert outcome.status == 0
    assert "PERSON (1)" in outcome.err
    assert re.search("dev does not have.*LOC", outcome.err)


def test_a_run_that_learns_nothing_says_so(onoma, encoder, corpus, tmp_path):
    settings = ("--set", "training.learning_rate=1e-9", "--set", "training.epochs=1")
    outcome = _train(onoma, encoder, corpus, tmp_path / "out", "--dev", corpus, *settings)
    assert outcome.status == 0
    _says(outcome, "the score on dev is 0: the model has learnt nothing; train longer, or with a lower .* than 1e-09")


def test_one_sentence_and_one_label_are_enough(onoma, encoder, tmp_path):
    path = write_corpus(tmp_path / "one.conll", ["angela/B-X visited/O"])
    assert _train(onoma, encoder, path, tmp_path / "out").status == 0
    outcome = onoma("tag", "--model", tmp_path / "out", "--text", "angela visited", "--to", "jsonl")
    assert json.loads(outcome.out)["entities"][0]["label"] == "X"


def test_an_encoder_that_is_nowhere(onoma, corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    outcome = _train(onoma, "no-such-encoder", corpus, tmp_path / "out")
    assert outcome.status == 2
    _says(outcome, "no-such-encoder.*small.*folder.*Hub")


@pytest.mark.parametrize("content", ["notes.txt", "onoma.json"])
def test_an_output_folder_that_holds_something(onoma, encoder, corpus, tmp_path, content):
    output = tmp_path / "out"
    output.mkdir()
    (output / content).write_text("mine", encoding="utf-8")
    outcome = _train(onoma, encoder, corpus, output)
    assert outcome.status == 2
    _says(outcome, "output folder")
    assert (output / content).read_text(encoding="utf-8") == "mine"


def test_overwrite_replaces_a_model_but_no_other_folder(onoma, encoder, corpus, model, tmp_path):
    output = tmp_path / "out"
    shutil.copytree(model, output)
    assert "dev" in _data(output)
    assert _train(onoma, encoder, corpus, output, "--overwrite").status == 0
    assert "dev" not in _data(output)
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.tex").touch()
    assert _train(onoma, encoder, corpus, other, "--overwrite").status == 2
    assert (other / "chapter1.tex").exists()


def _data(model: Path) -> dict[str, object]:
    """The corpora that a model was made of, by part."""
    provenance = json.loads((model / "onoma.json").read_text(encoding="utf-8"))["provenance"]
    return dict(provenance["data"])


@pytest.fixture
def broken(model: Path, tmp_path: Path) -> Path:
    """A copy of the model to break."""
    return Path(shutil.copytree(model, tmp_path / "broken"))


def _edit(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def test_a_model_that_is_none(onoma, tmp_path):
    for name, said in (("nowhere", "folder does not exist"), (".", "onoma.json")):
        outcome = onoma("tag", "--model", tmp_path / name, "--text", "x")
        assert outcome.status == 2
        _says(outcome, said)


BREAKAGES = {
    "newer": (lambda folder: _edit(folder / "onoma.json", format=99), "newer.*upgrade"),
    "unknown field": (lambda folder: _edit(folder / "onoma.json", colour="red"), "colour"),
    "no json": (lambda folder: (folder / "onoma.json").write_text("{", encoding="utf-8"), "not JSON"),
    "cut short": (lambda folder: (folder / "model.onnx").write_bytes(b"\x08\x08"), r"model\.onnx.*bytes"),
    "no weights": (lambda folder: (folder / "model.onnx").unlink(), r"model\.onnx.*missing"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), r"tokenizer\.json"),
    "broken tokenizer": (lambda folder: (folder / "tokenizer.json").write_text("[]"), r"tokenizer\.json"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_model(onoma, broken, name):
    breakage, said = BREAKAGES[name]
    breakage(broken)
    outcome = onoma("tag", "--model", broken, "--text", "x")
    assert outcome.status == 2
    _says(outcome, said)


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_texts_with_nothing_in_them(onoma, model, text):
    outcome = onoma("tag", "--model", model, "--text", text, "--to", "jsonl")
    assert (outcome.status, json.loads(outcome.out)["entities"]) == (0, [])


def test_nothing_on_standard_input(onoma, model):
    assert onoma("tag", "--model", model).status == 0


def test_bytes_on_standard_input_that_are_no_utf8(onoma, model):
    outcome = onoma("tag", "--model", model, "--lines", stdin=b"fine\nJos\xe9\n")
    assert outcome.status == 2
    _says(outcome, "standard input:2: byte 0xe9")
    outcome = onoma("tag", "--model", model, stdin=b"fine\nJos\xe9\n")
    assert outcome.status == 2
    _says(outcome, "standard input: byte 0xe9 at 9")


def test_compressed_standard_input_is_named(onoma, model):
    for options in ([], ["--lines"]):
        outcome = onoma("tag", "--model", model, *options, stdin=gzip.compress(b"Ada in Lyon\n"))
        _says(outcome, "standard input is compressed with gzip; decompress it first")


def test_utf_16_on_standard_input_is_named(onoma, model):
    outcome = onoma("tag", "--model", model, stdin="Ada in Lyon\n".encode("utf-16-le"))
    assert outcome.status == 2
    _says(outcome, "standard input: holds a NUL byte")


def test_an_unknown_setting_is_named_with_those_that_exist(onoma, encoder, corpus, tmp_path):
    outcome = _train(onoma, encoder, corpus, tmp_path / "out", "--set", "training.lr=1")
    assert outcome.status == 2
    _says(outcome, r"training\.lr.*learning_rate")


def test_training_without_its_packages_says_how_to_get_them(tmp_path):
    program = (
        "import sys; sys.modules['torch'] = None; sys.argv[1:] = ['train', '-o', 'x'];"
        "from onoma.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "onoma: training needs packages that are not installed; run: pip install 'onoma[train]'\n"


def test_score_says_where_two_files_differ(onoma, tmp_path):
    one = write_corpus(tmp_path / "one.conll", ["a/O b/O c/O"])
    other = write_corpus(tmp_path / "other.conll", ["a/O b/O"])
    outcome = onoma("score", one, other)
    assert outcome.status == 2
    _says(outcome, "gold has 'c' as word 3 of document 1, predicted has ended")


@pytest.fixture
def halves(tmp_path):
    """A corpus in JSON Lines, whose second text has half of an emoji."""
    path = tmp_path / "halves.jsonl"
    entity = {"start": 0, "end": 6, "label": "PER"}
    texts = ["angela visited lyon", "angela \ud83d visited lyon", "angela in lyon"] + ["angela the"] * 9
    records = [{"text": text, "entities": [entity]} for text in texts]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize("to", ["jsonl", "pretty", "html"])
def test_half_of_a_character_is_read_as_a_replacement_and_all_is_tagged(onoma, model, halves, to):
    outcome = onoma("tag", halves, "--model", model, "--to", to)
    assert outcome.status == 0, outcome.err
    assert "\ufffd" in outcome.out
    assert outcome.out.count("visited") == 2


@pytest.mark.parametrize("command", ["tag", "explain"])
def test_half_of_a_character_in_an_argument(onoma, model, command):
    named = ["--model", model] if command == "tag" else [model]
    outcome = onoma(command, *named, "--text", "angela \udcff")
    assert outcome.status == 2
    _says(outcome, r"'\\udcff' at 8 is half of a surrogate pair")


def test_half_of_a_character_is_scored_as_a_replacement_and_that_is_said(onoma, model, halves):
    outcome = onoma("evaluate", model, halves, "--json")
    assert "half of a surrogate pair is read as U+FFFD" in outcome.err
    assert json.loads(outcome.out)["documents"] == 12


def test_calibration_accepts_half_of_a_character(onoma, model, halves):
    outcome = onoma("calibrate", model, halves)
    _says(outcome, "a temperature is fitted on at least 30")


def test_half_of_a_character_is_learnt_as_a_replacement_and_that_is_said(onoma, encoder, halves, tmp_path):
    outcome = _train(onoma, encoder, halves, tmp_path / "out", "--dev", halves, "--test", halves)
    assert outcome.status == 0, outcome.err
    assert len(re.findall("half of a surrogate pair is read as U\\+FFFD", outcome.err)) == 3


@pytest.mark.parametrize("more", [["--model"], ["--folds", "2", "--encoder"]])
def test_half_of_a_character_does_not_end_the_checks(onoma, model, encoder, halves, more):
    outcome = onoma("check", halves, *more, model if more == ["--model"] else encoder, *(QUICK if more[1:] else []))
    assert "Traceback" not in outcome.err
    assert re.search(r"halves\.jsonl:2: .*\\ud83d.*\n.*half of a surrogate pair", outcome.out)
    assert "12 documents checked" in outcome.out


def _says(outcome, pattern):
    assert "Traceback" not in outcome.err
    message = outcome.err.rpartition("onoma: ")[2]
    assert re.search(pattern, message, flags=re.DOTALL), outcome.err
