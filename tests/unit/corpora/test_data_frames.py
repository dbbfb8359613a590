"""Data frames as pandas and Hugging Face write them in JSON are read row by row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import read
from onoma.errors import CorpusError

TEXTS = ["Ada left.", "Bo left."]
SPANS = [[[0, 3, "PER"]], []]
TOKENS, TAGS = [["Ada", "left"], ["Bo"]], [["B-PER", "O"], ["O"]]
FOUND = [("Ada left.", ["Ada"]), ("Bo left.", [])]


def found(path: Path, value: object) -> list[tuple[str, list[str]]]:
    path.write_text(json.dumps(value), encoding="utf-8")
    return [(each.text, [entity.text for entity in each.entities]) for each in read(path)]


@pytest.mark.parametrize(
    "value",
    [
        {"text": dict(enumerate(TEXTS)), "entities": dict(enumerate(SPANS))},
        {"text": TEXTS, "entities": SPANS},
        {"text": TEXTS, "entities": SPANS, "id": [1, 2]},
        {
            number: {"text": text, "entities": spans}
            for number, (text, spans) in enumerate(zip(TEXTS, SPANS, strict=True))
        },
        {
            "columns": ["text", "entities"],
            "index": [0, 1],
            "data": [list(row) for row in zip(TEXTS, SPANS, strict=True)],
        },
    ],
)
def test_texts_with_spans(tmp_path: Path, value: object) -> None:
    assert found(tmp_path / "a.json", value) == FOUND


@pytest.mark.parametrize("names", [("tokens", "ner_tags"), ("words", "tags")])
def test_words_with_tags(tmp_path: Path, names: tuple[str, str]) -> None:
    value = dict(zip(names, (TOKENS, TAGS), strict=True))
    assert found(tmp_path / "a.json", value) == [("Ada left", ["Ada"]), ("Bo", [])]
    by_index = {name: dict(enumerate(column)) for name, column in value.items()}
    assert found(tmp_path / "b.json", by_index) == [("Ada left", ["Ada"]), ("Bo", [])]


def test_the_words_of_one_sentence_are_not_rows(tmp_path: Path) -> None:
    assert found(tmp_path / "a.json", {"tokens": TOKENS[0], "ner_tags": TAGS[0]}) == [("Ada left", ["Ada"])]
    spans = [{"type": "PER", "start": 0, "end": 1}, {"type": "ACT", "start": 1, "end": 2}]
    assert found(tmp_path / "b.json", {"tokens": TOKENS[0], "entities": spans}) == [("Ada left", ["Ada", "left"])]


def test_columns_of_different_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no 'text'; its keys are text, entities"):
        found(tmp_path / "a.json", {"text": TEXTS, "entities": SPANS[:1]})


def test_a_word_that_is_null_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="'tokens' holds None among its words; expected a string for each"):
        found(tmp_path / "a.jsonl", {"tokens": ["Ada", None], "ner_tags": ["B-PER", "O"]})
