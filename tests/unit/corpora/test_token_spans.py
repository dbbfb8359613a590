"""JSON records whose spans are ranges of tokens: GLiNER's, DyGIE++'s and SpERT's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from onoma.corpora import read
from onoma.corpora.reading import CorpusReader

TOKENS = ["🎻", "Ada", "of", "Turin", "left", "Lyon"]
NESTED = [("Ada of Turin", "PER"), ("Turin", "LOC"), ("Lyon", "LOC")]
GLINER = {"tokenized_text": TOKENS, "ner": [[1, 3, "PER"], [3, 3, "LOC"], [5, 5, "LOC"]]}
DYGIE = {
    "doc_key": "d1",
    "sentences": [TOKENS[:4], TOKENS[4:]],
    "ner": [[[1, 3, "PER"], [3, 3, "LOC"]], [[5, 5, "LOC"]]],
    "relations": [[[1, 3, 5, 5, "LEFT"]], []],
}
SPERT = {
    "tokens": TOKENS,
    "entities": [
        {"type": "PER", "start": 1, "end": 4},
        {"type": "LOC", "start": 3, "end": 4},
        {"type": "LOC", "start": 5, "end": 6},
    ],
    "relations": [{"type": "LEFT", "head": 0, "tail": 2}],
    "orig_id": 17,
}


def reading(folder: Path, *records: object, name: str = "a.jsonl") -> CorpusReader:
    lines = "\n".join(map(json.dumps, records)) if name.endswith("l") else json.dumps(records)
    (folder / name).write_text(lines, encoding="utf-8")
    return read(folder / name)


@pytest.mark.parametrize("record", [GLINER, DYGIE, SPERT])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_nested_spans_of_tokens_become_spans_of_characters(tmp_path, record, name):
    (document,) = reading(tmp_path, record, name=name)
    assert [(entity.text, entity.label) for entity in document.entities] == NESTED
    assert all(document.text[entity.start : entity.end] == entity.text for entity in document.entities)
    assert [word.text for word in document.words or ()] == TOKENS


def test_ids_sentences_and_relations(tmp_path):
    documents = reading(tmp_path, DYGIE, SPERT, GLINER)
    first, second, third = documents
    assert [document.id for document in (first, second, third)] == ["d1", "17", ""]
    assert [first.text[each.start : each.end] for each in first.sentences or ()] == ["🎻 Ada of Turin", "left Lyon"]
    assert any("a relation is not an entity: 2" in note for note in documents.notices())


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({**GLINER, "ner": [[5, 6, "LOC"], [3, 3, "LOC"]]}, "reaches outside the tokens: 1, first at .*5, 7. LOC"),
        ({**GLINER, "ner": [["Turin", "LOC"], [3, 3, "LOC"]]}, "the annotation is not a span: 1, first at .*Turin"),
        (
            {**SPERT, "entities": [{"type": "LOC", "start": 3, "end": 3}, {"type": "LOC", "start": 3, "end": 4}]},
            "the span is empty",
        ),
        ({**GLINER, "ner": [[1, 1, None], [3, 3, "LOC"]]}, "the span has no label"),
    ],
)
def test_spans_that_are_none_are_counted(tmp_path, record, said):
    documents = reading(tmp_path, record)
    (document,) = documents
    assert [(entity.text, entity.label) for entity in document.entities] == [("Turin", "LOC")]
    assert re.search(said, "\n".join(documents.notices()))


def test_records_without_entities_are_annotated(tmp_path):
    documents = list(
        reading(tmp_path, {"tokens": ["no"], "entities": []}, {"tokenized_text": ["no"], "ner": []}, SPERT)
    )
    assert [len(document.entities) for document in documents] == [0, 0, 3]
