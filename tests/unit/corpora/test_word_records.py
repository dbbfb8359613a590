"""JSON records whose words are objects with a tag each: Stanza's and CoreNLP's."""

from __future__ import annotations

import json

import pytest

from onoma import read

ADA = {"text": "Ada", "upos": "PROPN", "start_char": 0, "end_char": 3}
STANZA = [
    [{"id": 1, **ADA, "ner": "S-PERSON"}, {"id": 2, "text": "left", "ner": "O"}],
    [
        {"id": [1, 2], "text": "du", "ner": "O"},
        {"id": 1, "text": "de"},
        {"id": 2, "text": "le"},
        {"id": 3, "text": "Havre", "ner": "S-LOC"},
    ],
]
CORENLP = {
    "docId": "a",
    "sentences": [
        {
            "index": 0,
            "tokens": [{"index": 1, "word": "Ada", "ner": "PERSON"}, {"index": 2, "word": "left", "ner": "O"}],
            "entitymentions": [{"text": "Ada", "ner": "PERSON"}],
        },
        {"index": 1, "tokens": [{"word": "du", "ner": "O"}, {"word": "Havre", "ner": "LOC"}]},
    ],
}
FLAT = [
    {"id": "1", "text": "Ada left", "tokens": [{"text": "Ada", "tag": "B-PERSON"}, {"text": "left", "tag": "O"}]},
    {"id": "2", "tokens": [{"form": "du", "label": "O"}, {"form": "Havre", "label": "B-LOC"}]},
]


def found(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")
    return [[(entity.text, entity.label) for entity in document.entities] for document in read(path)]


@pytest.mark.parametrize("value", [STANZA, CORENLP, FLAT], ids=["Stanza", "CoreNLP", "flat"])
def test_each_sentence_is_read_with_its_entities(tmp_path, value):
    assert found(tmp_path / "a.json", value) == [[("Ada", "PERSON")], [("Havre", "LOC")]]


def test_a_record_a_line_is_read_too(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in FLAT), encoding="utf-8")
    assert [len(document.entities) for document in read(path)] == [1, 1]


def test_words_of_multi_word_tokens_are_left_out(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(STANZA), encoding="utf-8")
    assert [word.text for word in list(read(path))[1].words or ()] == ["du", "Havre"]


def test_tokens_beside_spans_are_not_tagged_words(tmp_path):
    record = {"text": "Ada", "tokens": [{"text": "Ada", "tag": "NNP"}], "spans": [{"start": 0, "end": 3, "label": "X"}]}
    assert found(tmp_path / "a.json", [record]) == [[("Ada", "X")]]
