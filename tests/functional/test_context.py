"""Sentences that follow one another, read as documents by every command, and the same context as in training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.learnable import QUICK, SENTENCES, write_corpus


@pytest.fixture(scope="module")
def joined(encoder: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained on sentences that were joined, in rows of mixed lengths."""
    import onoma as package

    settings = {"data.documents": "file", "data.mixed_lengths": True, "model.window": 64, "model.overlap": 8}
    quick = dict(pair.split("=") for pair in QUICK if "=" in pair)
    training = {key: float(value) for key, value in quick.items() if key.startswith("training.") and "dtype" not in key}
    whole = {key: int(value) if value.is_integer() else value for key, value in training.items()}
    output = tmp_path_factory.mktemp("models") / "joined"
    package.train(
        train=corpus,
        dev=corpus,
        test=corpus,
        encoder=str(encoder),
        output=output,
        settings={**settings, **whole, "training.dtype": "fp32"},
    )
    return output


def test_the_model_knows_how_it_was_trained(joined, onoma):
    manifest = json.loads((joined / "onoma.json").read_text(encoding="utf-8"))
    assert manifest["window"] == {"size": 64, "overlap": 8, "documents": "file"}
    assert manifest["provenance"]["data"]["train"]["documents"] == 1
    assert "trained with documents file" in onoma("info", joined).out


def test_a_model_of_single_sentences_can_be_read_by_versions_that_know_no_documents(model):
    assert "documents" not in json.loads((model / "onoma.json").read_text(encoding="utf-8"))["window"]


def test_evaluated_in_the_same_context_it_has_the_figures_of_its_training(joined, onoma, corpus):
    manifest = json.loads((joined / "onoma.json").read_text(encoding="utf-8"))
    report = json.loads(onoma("evaluate", joined, corpus, "--documents", "file", "--json").out)
    assert report["exact"]["f1"] == manifest["provenance"]["figures"]["test"]["f1"]
    assert (report["documents"], report["intervals"]["unit"]) == (1, "sentences")
    assert not any("joined" in note for note in report["notes"])


@pytest.mark.parametrize("command", ["evaluate", "calibrate"])
def test_shown_single_sentences_it_is_said_how_it_was_trained(joined, onoma, tmp_path, command):
    wrong = ["in/O lyon/O"] * 10  # so that there is something to calibrate
    outcome = onoma(command, joined, write_corpus(tmp_path / "a.conll", SENTENCES * 6 + wrong))
    assert outcome.status == 0
    assert "--documents file gives these the same context" in " ".join((outcome.out + outcome.err).split())


def test_a_model_of_single_sentences_says_nothing(model, onoma, corpus):
    outcome = onoma("evaluate", model, corpus)
    assert "--documents" not in outcome.out + outcome.err


def test_tagged_documents_come_back_with_their_sentences(model, onoma, tmp_path):
    path = write_corpus(tmp_path / "a.conll", SENTENCES)
    outcome = onoma("tag", path, "--model", model, "--documents", "3", "--to", "jsonl")
    records = [json.loads(line) for line in outcome.out.splitlines()]
    assert [len(record["sentences"]) for record in records] == [3, 3]
    assert all(each["text"] == record["text"][each["start"] : each["end"]] for record in records
               for each in record["entities"])  # fmt: skip
    assert any(record["entities"] for record in records)


def test_a_job_writes_the_same_documents_as_a_stream(model, onoma, tmp_path):
    path = write_corpus(tmp_path / "a.conll", SENTENCES)
    streamed = onoma("tag", path, "--model", model, "--documents", "file", "--to", "jsonl").out
    assert onoma("tag", path, "--model", model, "--documents", "file", "-o", tmp_path / "out.jsonl").status == 0
    found = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    expected = json.loads(streamed)
    assert (found["text"], found["entities"]) == (expected["text"], expected["entities"])


def test_a_converted_file_says_where_its_documents_begin(onoma, tmp_path):
    path = write_corpus(tmp_path / "a.conll", SENTENCES)
    assert onoma("convert", path, tmp_path / "b.conll", "--documents", "4").status == 0
    content = (tmp_path / "b.conll").read_text(encoding="utf-8")
    assert content.count("-DOCSTART-") == 2
    again = onoma("convert", tmp_path / "b.conll", tmp_path / "c.conll", "--documents", "file")
    assert again.status == 2
    assert "marks where documents begin" in again.err


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", "angela visited lyon"), ("a.csv", "id,text\n1,lyon"), ("a.jsonl", '{"text": "lyon"}')],
)
def test_files_of_texts_are_not_joined(model, onoma, tmp_path, name, content):
    (tmp_path / name).write_text(content + "\n", encoding="utf-8")
    outcome = onoma("tag", tmp_path / name, "--model", model, "--documents", "file")
    assert outcome.status == 2
    assert "--documents is for annotated files of sentences" in outcome.err


@pytest.mark.parametrize(("command", "said"), [("evaluate", "expected auto, file"), ("train", "data.documents")])
def test_other_values_are_refused_with_the_choices(model, encoder, corpus, onoma, tmp_path, command, said):
    files = (
        [model, corpus] if command == "evaluate" else ["--train", corpus, "--encoder", encoder, "-o", tmp_path / "m"]
    )
    outcome = onoma(command, *files, "--documents", "pages")
    assert outcome.status == 2
    assert said in outcome.err
    assert "pages" in outcome.err or command == "train"
