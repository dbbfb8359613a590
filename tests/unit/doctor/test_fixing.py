"""What --fix writes: the safe fixes and nothing else, and a diff that makes the one file into the other."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma import check
from onoma.corpora import ReadOptions, read
from onoma.doctor import DIFF, fix, read_cases
from onoma.doctor.fixing import fixed_documents
from onoma.errors import InputError
from onoma.text import Document
from support.learnable import write_corpus

COPY = "Ada/B-PER left/O Turin/B-LOC at/O noon/O"


def _fix(path: Path, folder: Path, options: ReadOptions | None = None):
    options = options or ReadOptions()
    return fix([read_cases(path, options=options)], folder, options=options)


def test_column_files_keep_all_but_their_tags(tmp_path):
    path = tmp_path / "a.conll"
    text = (
        "# a comment\nAda  NNP B-PER\r\nleft VBD\tO\n\nTurin NNP I-LOC \n\n# sent_id = 3\nBo NNP B-per\nleft VBD O\n"
        "\nCy NNP B-PER\n\nDi NNP B-PER"
    )
    path.write_bytes(text.encode())
    [fixed] = _fix(path, tmp_path / "out", ReadOptions(scheme="BIO"))
    assert (fixed.changed, fixed.dropped) == (2, 0)
    assert (tmp_path / "out" / "a.conll").read_bytes().decode() == text.replace("I-LOC", "B-LOC").replace(
        "-per", "-PER"
    )


@pytest.mark.parametrize("name", ["a.conll", "a.jsonl"])
def test_new_labels_are_changes(tmp_path, name):
    path = tmp_path / name
    record = json.dumps({"text": "Ada left", "entities": [{"start": 0, "end": 3, "label": "person"}]})
    path.write_text(record if name == "a.jsonl" else "Ada\tB-person\nleft\tO\n", encoding="utf-8")
    [fixed] = _fix(path, tmp_path / "out", ReadOptions(labels={"person": "PER"}))
    assert fixed.changed == 1
    diff = (tmp_path / "out" / DIFF).read_text(encoding="utf-8")
    assert [
        ("person" in line, "PER" in line) for line in diff.splitlines() if line[:2] in ("-A", "+A", "-{", "+{")
    ] == [
        (True, False),
        (False, True),
    ]


def test_copies_are_dropped_with_their_marks_and_the_diff_applies(tmp_path):
    path = tmp_path / "a.conll"
    sentence = COPY.replace("/", "\t").replace(" ", "\n") + "\n"
    other = sentence.replace("Ada", "Bo")
    text = "".join(f"-DOCSTART-\tO\n\n{each}\n" for each in (sentence, other, sentence, sentence, other))
    path.write_text(text + "-DOCSTART-\tO\n\nend\tO\n", encoding="utf-8")
    [fixed] = _fix(path, tmp_path / "out")
    assert fixed.dropped == 3
    assert [len(document.words or ()) for document in read(fixed.target)] == [5, 5, 1]
    _check_diff(path, fixed)


@pytest.mark.parametrize(
    "last", ["Turin\tI-LOC", "Turin\tO", f"\n{COPY}\n\n{COPY}".replace("/", "\t").replace(" ", "\n")]
)
def test_a_byte_order_mark_and_a_last_line_without_an_end_stay(tmp_path, last):
    path = tmp_path / "a.conll"
    text = f"\ufeffAda\tB-PER\nleft\tI-PER\nBo\tI-LOC\n{last}"
    path.write_bytes(text.encode())
    [fixed] = _fix(path, tmp_path / "out", ReadOptions(scheme="BIO"))
    target = fixed.target.read_bytes().decode()
    assert target.startswith("\ufeffAda\tB-PER\nleft\tI-PER\nBo\tB-LOC\n")
    _check_diff(path, fixed)


def _check_diff(path, fixed):
    """Check that the diff turns the file into the fixed one, if there is a program to apply it."""
    if shutil.which("patch"):
        patched = path.with_name("patched")
        command = ["patch", "-s", "-o", patched, path, fixed.target.with_name(DIFF)]
        subprocess.run(command, check=True, capture_output=True)
        assert patched.read_bytes() == fixed.target.read_bytes()


def test_spans_are_trimmed_in_formats_with_offsets(tmp_path):
    path = tmp_path / "a.jsonl"
    spans = [{"start": 0, "end": 4, "label": "PER"}, {"start": 3, "end": 4, "label": "PER"}]
    path.write_text(json.dumps({"text": "Ada left.", "entities": spans}) + "\n", encoding="utf-8")
    [fixed] = _fix(path, tmp_path / "out")
    [document] = read(fixed.target)
    assert [(entity.text, entity.label) for entity in document.entities] == [("Ada", "PER")]
    assert '+{"text"' in (tmp_path / "out" / DIFF).read_text(encoding="utf-8").replace('"id": "", ', "")


def test_a_copy_that_repeats_an_entity_is_dropped_and_annotated_alike(tmp_path):
    path = tmp_path / "a.jsonl"
    span = {"start": 0, "end": 3, "label": "PER"}
    records = [{"text": "Ada left Turin at noon.", "entities": [span] * count} for count in (1, 2)]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    assert "differently" not in " ".join(finding.why for finding in check(path).findings)
    [fixed] = _fix(path, tmp_path / "out")
    assert fixed.dropped == 1


def test_annotation_that_cannot_be_read_is_named_as_left_out(tmp_path):
    path = tmp_path / "a.jsonl"
    spans = [{"start": 0, "end": 3, "label": "PER"}, {"start": 5, "end": 99, "label": "LOC"}]
    path.write_text(json.dumps({"text": "Ada left.", "entities": spans, "relations": [{}]}) + "\n", encoding="utf-8")
    [fixed] = _fix(path, tmp_path / "out")
    assert [notice.partition(", first at")[0] for notice in fixed.lost] == [
        "left out: the span reaches outside the text: 1",
        "left out: a relation is not an entity: 1",
    ]


def test_repaired_tags_count_as_changes(tmp_path):
    path = write_corpus(tmp_path / "a.conll", ["Ada/I-PER left/O", "Bo/B-PER left/O", "in/O Turin/I-LOC"])
    options = ReadOptions(scheme="BIO")
    assert _fix(path, tmp_path / "out", options)[0].changed == 2
    germeval = tmp_path / "a.germeval"
    germeval.write_text("1\tAda\tI-PER\tO\n2\tleft\tO\tO\n", encoding="utf-8")
    assert "does not allow, repaired: 1" in _fix(germeval, tmp_path / "second", options)[0].lost[0]


def test_what_is_well_is_written_as_it_was(tmp_path):
    path = write_corpus(tmp_path / "a.conll", [COPY, "Bo/B-PER left/O"])
    _fix(path, tmp_path / "out")
    assert (tmp_path / "out" / "a.conll").read_bytes() == path.read_bytes()
    assert not (tmp_path / "out" / DIFF).read_bytes()


def test_labels_that_the_caller_renames_are_renamed(tmp_path):
    path = write_corpus(tmp_path / "a.conll", ["Ada/B-Person left/O Turin/B-LOC"])
    _fix(path, tmp_path / "out", ReadOptions(labels={"Person": "PER", "LOC": ""}))
    assert (tmp_path / "out" / "a.conll").read_text(encoding="utf-8") == "Ada\tB-PER\nleft\tO\nTurin\tO\n"


def test_a_folder_that_is_taken_and_a_file_that_cannot_be_read_are_refused(tmp_path):
    path = write_corpus(tmp_path / "a.conll", [COPY])
    with pytest.raises(InputError, match="not empty"):
        _fix(path, tmp_path)
    broken = write_corpus(tmp_path / "b.conll", [COPY, "Ada/B-"])
    with pytest.raises(InputError, match=r"b\.conll:7: .*label"):
        _fix(broken, tmp_path / "out")
    table = tmp_path / "c.csv"
    table.write_text("sentence_id,word,tag\n1,Ada,B-PER\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"c\.csv: table can be read but not written.*onoma convert"):
        _fix(table, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_fixed_is_refused_before_models_are_trained(tmp_path, monkeypatch):
    path = write_corpus(tmp_path / "a.conll", [COPY, COPY.replace("Ada", "Bo")])
    monkeypatch.setattr("onoma.api.checking.predict_folds", lambda *_, **__: pytest.fail("models were trained"))
    with pytest.raises(InputError, match="not empty"):
        check(path, folds=2, encoder="crf", fix=tmp_path)


texts = st.text(alphabet="ab \n", min_size=1, max_size=12)


@given(texts, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["PER", "per"])), max_size=5))
def test_fixing_twice_is_fixing_once_and_the_text_stays(text, bounds):
    document = Document(text)
    spans = [(min(s, e), max(s, e), label) for s, e, label in bounds if max(s, e) <= len(text)]
    [once] = fixed_documents([document.with_entities(document.entity(*span) for span in spans)], names={"per": "PER"})
    assert once is not None
    assert once.text == text
    assert all(entity.text == entity.text.strip() and entity.label == "PER" for entity in once.entities)
    assert fixed_documents([once], names={"per": "PER"}) == [once]
