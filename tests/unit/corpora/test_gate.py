"""Annotations by type, as GATE exports them and Twitter has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.corpora.reading import CorpusReader
from onoma.errors import CorpusError

TEXT = "Ada Byron left Turin. 💩 Bo too."
PERSONS = [{"indices": [0, 9], "gender": "female", "label": "x"}, {"indices": [24, 26], "rule": "PersonFinal"}]
TOKENS = [{"indices": [0, 3], "string": "Ada"}, {"indices": [4, 9], "string": "Byron"}]
FOUND = [("Ada Byron", "Person"), ("Turin", "Location"), ("Bo", "Person")]


def reading_of(tmp_path: Path, record: object, **options: object) -> CorpusReader:
    (tmp_path / "a.json").write_text(json.dumps(record))
    return read(tmp_path / "a.json", options=ReadOptions(**options))  # type: ignore[arg-type]


def entities_of(reading: CorpusReader) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for document in reading for entity in document.entities]


@pytest.mark.parametrize(
    "entities",
    [
        {"Person": PERSONS, "Location": [{"indices": [15, 20], "locType": "city"}]},
        {"Location": [{"indices": [15, 20]}], "Token": TOKENS, "Sentence": [{"indices": [0, 21]}], "Person": PERSONS},
        {":Person": PERSONS, ":Location": [{"indices": [15, 20]}], "hashtags": [], "urls": []},
        {"Person": [[0, 9], [24, 26]], "Location": [[15, 20]]},
        {"Person": {"Ada Byron": [[0, 8]], "Bo": [[24, 25]]}, "Location": {"Turin": [[15, 19]]}},
        {"Person": {"Ada Byron": [[0, 9]], "Bo": [[24, 26]]}, "Location": {"Turin": [[15, 20]]}},
        {"Person": [{"start": 0, "end": 9}, {"start": 24, "end": 26}], "Location": {"start": 15, "end": 20}},
        {"Person": [{"indices": [0, 9]}, {"indices": [25, 27]}], "Location": [{"indices": [15, 20]}]},
    ],
)
def test_types_are_labels_and_tokens_are_none(tmp_path: Path, entities: dict[str, object]) -> None:
    reading = reading_of(tmp_path, {"text": TEXT, "entities": entities})
    assert entities_of(reading) == FOUND
    left_out = sum(found.count for found in reading.report.left_out.values())
    assert left_out == (len(TOKENS) + 1 if "Token" in entities else 0)


def test_a_tweet_with_its_full_text_beside_the_names(tmp_path: Path) -> None:
    entities = {"hashtags": [{"text": "x", "indices": [15, 20]}], "user_mentions": [], "Person": PERSONS}
    reading = reading_of(tmp_path, {"id_str": "7", "full_text": TEXT, "entities": entities})
    assert entities_of(reading) == [FOUND[0], FOUND[2]]
    assert list(reading.report.left_out) == ["annotations of the type hashtags are not names"]


def test_tweets_alone_hold_no_names_and_can_be_tagged(tmp_path: Path) -> None:
    tweets = [{"text": TEXT, "entities": {"urls": [{"indices": [0, 3]}]}}] * 3
    with pytest.raises(
        CorpusError, match=r"none of its 3 .* can be used \(annotations of the type urls are not names\)"
    ):
        list(reading_of(tmp_path, tweets))
    assert len(list(reading_of(tmp_path, tweets, texts_only=True))) == 3


def test_what_is_no_span_is_counted(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"text": TEXT, "entities": {"Person": [*PERSONS, {"indices": [3]}, "Ada", None]}})
    assert entities_of(reading) == [FOUND[0], FOUND[2]]
    assert sum(found.count for found in reading.report.unusable.values()) == 3


@pytest.mark.parametrize("key", ["annotations", "labels"])
@pytest.mark.parametrize("group", ["entities", "mentions"])
def test_spans_in_a_group_keep_their_own_labels(tmp_path: Path, key: str, group: str) -> None:
    spans = [
        {"start": 0, "end": 9, "label": "Person"},
        [15, 20, "Location"],
        {"start": 24, "end": 26, "type": "Person"},
    ]
    assert entities_of(reading_of(tmp_path, {"text": TEXT, key: {group: spans}})) == FOUND


def test_annotations_of_twitter_end_at_their_last_character(tmp_path: Path) -> None:
    person = {"start": 0, "end": 8, "probability": 0.9, "type": "Person", "normalized_text": "Ada Byron"}
    entities = {
        "annotations": [person],
        "mentions": [{"start": 15, "end": 20, "username": "t"}],
        "cashtags": [{"start": 24, "end": 26, "tag": "bo"}],
    }
    reading = reading_of(tmp_path, {"text": TEXT, "entities": entities})
    assert entities_of(reading) == FOUND[:1]
    assert sum(found.count for found in reading.report.left_out.values()) == 2
