"""Documents of a program, written to files."""

from __future__ import annotations

import json

import pytest

import onoma as onoma_package
from onoma.errors import InputError

DOCUMENT = onoma_package.Document("Ada's cat ran.")
ADA = DOCUMENT.with_entities([DOCUMENT.entity(0, 3, "PER")])


def test_a_document_or_several_are_written_as_words_or_as_spans(tmp_path):
    assert onoma_package.write(ADA, tmp_path / "a.conll").entities == 1
    assert (tmp_path / "a.conll").read_text(encoding="utf-8").startswith("Ada\tB-PER\n's\tO\n")
    onoma_package.write(iter([ADA, DOCUMENT]), str(tmp_path / "a.jsonl"), layout="doccano")
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["label"] for line in lines] == [[[0, 3, "PER"]], []]


def test_a_file_is_replaced_only_if_the_caller_says_so(tmp_path):
    path = tmp_path / "a.jsonl"
    onoma_package.write(DOCUMENT, path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        onoma_package.write(ADA, path)
    assert path.read_bytes() == before
    onoma_package.write(ADA, path, overwrite=True)
    assert [entity.text for document in onoma_package.read(path) for entity in document.entities] == ["Ada"]


@pytest.mark.parametrize("documents", ["a text", ["a text"], [ADA.entities[0]]])
def test_what_is_no_document_is_refused_and_nothing_is_written(tmp_path, documents):
    with pytest.raises(InputError, match="expected documents to write, got"):
        onoma_package.write(documents, tmp_path / "a.jsonl")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["a.conll", "--layout", "doccano"], "--layout doccano is for JSON Lines"),
        (["a.jsonl", "--to-scheme", "FOO"], "unknown tagging scheme 'FOO'"),
        (["a.jsonl", "--label", "PER=X", "--label", "PER=Y"], "PER is read as 'X' already"),
    ],
)
def test_options_that_have_no_meaning_are_refused(onoma, tmp_path, options, said):
    onoma_package.write(ADA, tmp_path / "in.jsonl")
    outcome = onoma("convert", tmp_path / "in.jsonl", tmp_path / options[0], *options[1:])
    assert (outcome.status, said in outcome.err) == (2, True)
    assert not (tmp_path / options[0]).exists()
