"""JSON in which records, spans and metadata are nested in ways that are easily confused: nothing is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onoma.corpora import read
from onoma.errors import CorpusError

TEXT = "Ada Lovelace left Turin."
SPANS = [{"start": 0, "end": 12, "label": "PER"}, {"start": 18, "end": 23, "label": "LOC"}]
FOUND = [("Ada Lovelace", "PER"), ("Turin", "LOC")]


def documents_of(folder: Path, *lines: Any, name: str = "a.jsonl") -> list[tuple[str, list[tuple[str, str]]]]:
    path = folder / name
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return [(each.text, [(entity.text, entity.label) for entity in each.entities]) for each in read(path)]


@pytest.mark.parametrize("key", ["data", "fields", "row", "meta"])
@pytest.mark.parametrize("value", [{}, {"source": "newspaper"}, {"text": "x"}])
def test_metadata_is_not_the_record(tmp_path, key, value):
    record = {"text": TEXT, "entities": SPANS, key: value}
    assert documents_of(tmp_path, record, record) == [(TEXT, FOUND)] * 2
    assert documents_of(tmp_path, [record], name="a.json") == [(TEXT, FOUND)]


def test_a_list_of_spans_is_not_a_list_of_records(tmp_path):
    assert documents_of(tmp_path, {"data": TEXT, "annotations": SPANS}, name="a.json") == [(TEXT, FOUND)]
    with pytest.raises(CorpusError, match="no 'text'; its keys are content, annotations"):
        documents_of(tmp_path, {"content": TEXT, "annotations": [{"text": "Ada", **SPANS[0]}]}, name="a.json")


def test_no_line_of_several_is_taken_for_a_list_of_records(tmp_path):
    lines = {"body": TEXT, "items": [{"text": "Ada"}]}, {"body": "Bo", "items": []}
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: the record has no 'text'; its keys are body, items"):
        documents_of(tmp_path, *lines)
    record = {"text": TEXT, "entities": SPANS}
    assert documents_of(tmp_path, {"items": [record, record]}) == [(TEXT, FOUND)] * 2


@pytest.mark.parametrize(
    "span",
    [
        {"text": "Ada Lovelace", "type": "PER", "start_char": 0, "end_char": 12},
        {"text": "Ada Lovelace", "label": "PER", "start": 0, "end": 12},
    ],
)
def test_a_list_of_the_names_of_a_text_is_refused(tmp_path, span):
    with pytest.raises(CorpusError, match="the record seems to be a span, not a text with spans"):
        documents_of(tmp_path, [span, span], name="a.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("annotation_sets", {"": {"annotations": [{"type": "Person", "start": 0, "end": 12, "id": 1}]}}),
        ("Entities", [{"BeginOffset": 0, "EndOffset": 12, "Type": "PERSON", "Text": "Ada Lovelace"}]),
        ("annots", [{"startOffset": 0, "endOffset": 12, "label": "PER"}]),
        ("result", {"entities": SPANS}),
    ],
)
@pytest.mark.parametrize("more", [{}, {"entities": []}])
def test_spans_in_an_unknown_layout_are_refused(tmp_path, key, value, more):
    with pytest.raises(CorpusError, match=f"the key '{key}' seems to hold spans in an unknown layout"):
        documents_of(tmp_path, {"text": TEXT, key: value, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"meta": {"spans": SPANS}},
        {"predictions": [{"result": SPANS}]},
        {"audio": {"segments": [{"start": 0, "end": 12}]}},
        {"layers": {"pos": SPANS}},
    ],
)
def test_other_objects_are_no_annotation(tmp_path, more):
    assert documents_of(tmp_path, *[{"text": TEXT, "entities": [], **more}, {"text": TEXT, "entities": SPANS}]) == [
        (TEXT, []),
        (TEXT, FOUND),
    ]


def test_tags_in_one_string_beside_a_text(tmp_path):
    record = {"text": "Ada Lovelace left", "ner_tags": "B-PER I-PER O"}
    assert documents_of(tmp_path, record) == [("Ada Lovelace left", [("Ada Lovelace", "PER")])]


@pytest.mark.parametrize("key", ["words", "tokens"])
def test_an_empty_list_of_words_means_that_there_are_none(tmp_path, key):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": TEXT, "entities": SPANS, key: []}), encoding="utf-8")
    (document,) = read(path)
    assert (document.words, len(document.entities)) == (None, 2)
