"""One model out of corpora that name their labels differently and annotate different ones, and of a cut encoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.learnable import QUICK, SENTENCES, write_corpus

TABLES = """
[[data.corpora]]
files = "persons.*"
unannotated = "LOC"

[[data.corpora]]
files = "places.*"
labels = { place = "LOC", B = "" }
unannotated = "PER"
"""

SPANS = (*QUICK, "--set", "model.head=span", "--set", "training.head_learning_rate=0.0003")


@pytest.fixture(scope="session")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora of the same text: one has its persons, the other one its places by another name."""
    folder = tmp_path_factory.mktemp("halves")
    persons = [sentence.replace("B-LOC", "O") for sentence in SENTENCES * 4]
    places = [
        sentence.replace("B-PER", "O").replace("I-PER", "O").replace("B-LOC", "B-place") for sentence in SENTENCES * 4
    ]
    write_corpus(folder / "persons.conll", persons)
    write_corpus(folder / "places.conll", places)
    (folder / "run.toml").write_text(TABLES, encoding="utf-8")
    return folder


@pytest.mark.parametrize("settings", [QUICK, SPANS], ids=["linear", "span"])
def test_labels_that_one_corpus_does_not_annotate_are_learnt_from_the_other(
    onoma, halves, corpus, encoder, tmp_path, settings
):
    output = tmp_path / "model"
    files = ["--train", halves / "persons.conll", "--train", halves / "places.conll"]
    trained = onoma("train", halves / "run.toml", *files, "--encoder", encoder, "--output", output, *settings)
    assert trained.status == 0, trained.err
    report = json.loads(onoma("evaluate", output, corpus, "--json").out)
    assert {label: figures["f1"] for label, figures in report["labels"].items()} == {"LOC": 1.0, "PER": 1.0}
    renamed = onoma(
        "evaluate", output, halves / "places.conll", "--label", "place=LOC", "--unannotated", "PER", "--json"
    )
    assert json.loads(renamed.out)["exact"]["f1"] == 1.0
    unnamed = onoma("evaluate", output, halves / "places.conll", "--json")
    assert json.loads(unnamed.out)["exact"]["f1"] == 0.0


def test_labels_that_a_file_lacks_without_a_word_are_named(onoma, halves, encoder, tmp_path):
    files = ["--train", halves / "persons.conll", "--train", halves / "places.conll"]
    ended = onoma("train", *files, "--encoder", encoder, "--output", tmp_path / "model", *QUICK)
    assert (
        f"{halves / 'persons.conll'}: no entity has the label place, which other files have; if it is not" in ended.err
    )
    assert f"{halves / 'places.conll'}: no entity has the label PER, which other files have; if it is not" in ended.err
    told = onoma("train", halves / "run.toml", *files, "--encoder", encoder, "--output", tmp_path / "other", *QUICK)
    assert "which other files have" not in told.err


def test_entities_of_a_label_that_a_file_is_said_not_to_annotate_are_counted(onoma, corpus, model):
    ended = onoma("evaluate", model, corpus, "--unannotated", "PER")
    assert "entities have the label 'PER', which this file is said not to annotate" in ended.err


def test_an_unannotated_label_that_nothing_has_is_noted(onoma, corpus, model):
    for command in (("evaluate", model, corpus), ("score", corpus, corpus)):
        ended = onoma(*command, "--unannotated", "PERS")
        assert not ended.status
        assert "--unannotated PERS has no effect: no entity has this label; the labels are LOC, PER" in ended.err


def test_an_unannotated_label_that_no_corpus_has(onoma, halves, encoder, tmp_path):
    ended = onoma(
        "train", halves / "run.toml", "--train", halves / "persons.conll", "--encoder", encoder,
        "--output", tmp_path / "model",
    )  # fmt: skip
    assert ended.status == 2
    assert "data.corpora: no other file has the label 'LOC'; choose from PER" in ended.err


@pytest.mark.parametrize("kind", ["tiny", "gazetteer"])
def test_a_table_that_no_file_uses_is_named(onoma, halves, encoder, tmp_path, kind):
    (tmp_path / "run.toml").write_text(
        """
        [[data.corpora]]
        files = "*.conll"
        labels = { place = "LOC" }
        [[data.corpora]]
        files = ["place.*", "persons.conll"]
        labels = { place = "GPE" }
        """,
        encoding="utf-8",
    )
    ended = onoma(
        "train", tmp_path / "run.toml", "--train", halves / "places.conll", "--encoder",
        encoder if kind == "tiny" else kind, "--output", tmp_path / "model", *(QUICK if kind == "tiny" else ()),
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert "data.corpora: no file uses the table of 'place.*', 'persons.conll'" in ended.err
    assert "'*.conll'" not in ended.err


def test_labels_are_renamed_in_a_conversion(onoma, halves, tmp_path):
    ended = onoma("convert", halves / "places.conll", tmp_path / "out.conll", "--label", "place=LOC")
    assert ended.status == 0
    assert "B-LOC" in (tmp_path / "out.conll").read_text(encoding="utf-8")
    assert "expected OLD=NEW" in onoma("convert", halves / "places.conll", tmp_path / "x.conll", "--label", "place").err


def test_a_conversion_replaces_a_file_and_never_a_folder(onoma, halves, tmp_path):
    source, file, folder = halves / "places.conll", tmp_path / "out.jsonl", tmp_path / "out"
    assert onoma("convert", source, file).status == onoma("convert", source, folder, "--to", "brat").status == 0
    assert "pass --overwrite" in onoma("convert", source, file).err
    assert onoma("convert", source, file, "--overwrite").status == 0
    for options in ((), ("--overwrite",)):
        assert "choose a folder that is new or empty" in onoma("convert", source, folder, "--to", "brat", *options).err
        assert "is a folder; name a file" in onoma("convert", source, folder, "--to", "conll", *options).err
    assert any(folder.iterdir())


def test_a_pruned_encoder_is_trained_like_any_other(onoma, encoder, corpus, tmp_path):
    ended = onoma("prune", encoder, corpus, "--vocab-size", "15", "--layers", "1", "--output", tmp_path / "cut")
    assert (ended.status, ended.err.strip()) == (0, f"{tmp_path / 'cut'}: layers: 1, subwords: 15")
    trained = onoma("train", "--train", corpus, "--encoder", tmp_path / "cut", "--output", tmp_path / "model", *QUICK)
    assert trained.status == 0, trained.err
    assert json.loads(onoma("evaluate", tmp_path / "model", corpus, "--json").out)["exact"]["f1"] == 1.0
    assert "exists already" in onoma("prune", encoder, "--output", tmp_path / "cut").err
