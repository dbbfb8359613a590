"""Records of tools that write JSON in ways of their own: each is read as it was meant, or refused with its key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.corpora.reading import CorpusReader
from onoma.errors import CorpusError

TEXT = "Ada Byron left Turin."
ADA = [("Ada Byron", "PER"), ("Turin", "LOC")]
SPANS = [{"start": 0, "end": 9, "label": "PER"}, {"start": 15, "end": 20, "label": "LOC"}]
TOKENS = ["Ada", "Byron", "left", "Turin", "."]
TAGS = ["B-PER", "I-PER", "O", "B-LOC", "O"]


def reading_of(tmp_path: Path, *records: object, **options: object) -> CorpusReader:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    return read(path, options=ReadOptions(**options))  # type: ignore[arg-type]


def entities_of(reading: CorpusReader) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for document in reading for entity in document.entities]


def left_out(reading: CorpusReader) -> dict[str, int]:
    report = reading.report
    return {reason: found.count for reason, found in {**report.unusable, **report.left_out}.items()}


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["B-PER", None, "O", "B-LOC", "O"], "'ner_tags' holds None among its tags"),
        (["B-PER", 0, "O", "B-LOC", "O"], "'ner_tags' holds 0 among its tags"),
        ([1.0, 2.5, 0.0, 3.0, 0.0], r"'ner_tags' holds 2\.5 among its tags"),
        ([1.0, None, 0.0, 3.0, 0.0], "'ner_tags' holds None among its tags"),
        ([True, False, 0, 0, 0], "'ner_tags' holds True among its tags"),
        ([["B-PER"], ["I-PER"], ["O"], ["B-LOC"], ["O"]], r"'ner_tags' holds \['B-PER'\] among its tags"),
        ([None] * 5, "'ner_tags' holds None among its tags"),
    ],
)
def test_a_list_of_tags_with_another_value_is_refused(tmp_path: Path, tags: list[object], message: str) -> None:
    records = [{"tokens": TOKENS, "ner_tags": TAGS}, {"tokens": TOKENS, "ner_tags": tags}]
    with pytest.raises(CorpusError, match=rf"a\.jsonl:2: {message}; expected a string for each token"):
        entities_of(reading_of(tmp_path, *records))
    assert len(list(reading_of(tmp_path, *records, texts_only=True))) == 2


def test_tags_that_are_whole_floats_are_numbers(tmp_path: Path) -> None:
    names = ("O", "B-PER", "I-PER", "B-LOC")
    record = {"tokens": TOKENS, "ner_tags": [1.0, 2.0, 0.0, 3.0, 0.0]}
    assert entities_of(reading_of(tmp_path, record, tag_names=names)) == ADA


def test_numbers_for_each_token_under_an_unknown_key_are_tags(tmp_path: Path) -> None:
    record = {"tokens": TOKENS, "heads": [1, 2, 2, 2, 2], "ner": [1, 2, 0, 3, 0]}
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: the key 'ner' seems to hold tags .*--tag-column ner"):
        entities_of(reading_of(tmp_path, record))
    names = ("O", "B-PER", "I-PER", "B-LOC")
    assert entities_of(reading_of(tmp_path, record, tag_column="ner", tag_names=names)) == ADA


@pytest.mark.parametrize("key", ["tags", "ner_tags", "labels"])
def test_a_text_with_a_tag_for_each_word(tmp_path: Path, key: str) -> None:
    text = "Ada  Byron left\nTurin ."
    records = [{"text": text, key: TAGS}, {"text": "Bo ran", key: ["O", "O"]}]
    reading = reading_of(tmp_path, *records)
    assert [document.text for document in reading] == [text, "Bo ran"]
    assert entities_of(reading) == [("Ada  Byron", "PER"), ("Turin", "LOC")]


def test_a_text_with_another_number_of_tags_than_words_is_refused(tmp_path: Path) -> None:
    record = {"text": TEXT, "tags": TAGS}
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: there are 4 tokens but 5 tags in 'tags'"):
        entities_of(reading_of(tmp_path, record))
    assert [document.text for document in reading_of(tmp_path, record, texts_only=True)] == [TEXT]


@pytest.mark.parametrize("keywords", [["travel", "e-mail"], ["travel", "e-mail", "history", "people"], [3, 7]])
def test_keywords_of_a_text_are_no_tags(tmp_path: Path, keywords: list[object]) -> None:
    assert entities_of(reading_of(tmp_path, {"text": TEXT, "tags": keywords, "entities": SPANS})) == ADA
    assert entities_of(reading_of(tmp_path, {"text": TEXT, "tags": keywords})) == []


def test_tags_beside_the_label_of_a_text_are_no_label(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"text": "Ada  left", "label": "x", "tags": ["O", "O"]}, labelled="sentences")
    assert entities_of(reading) == [("Ada  left", "x")]


ARGILLA = [
    {"fields": {"text": TEXT}, "responses": [{"values": {"ner": {"value": SPANS}}, "status": "submitted"}]},
    {"text": TEXT, "ner.responses": [SPANS], "ner.responses.status": ["submitted"], "ner.suggestion": None},
    {"text": TEXT, "ner": [{"user_id": "u", "value": SPANS, "status": "submitted"}], "ner-suggestion": None},
    {"text": TEXT, "label": [{"user_id": "u", "value": SPANS, "status": "submitted"}], "label-suggestion": None},
    {"fields": {"text": TEXT}, "responses": {"topics": [{"value": ["a", "b"]}], "ner": [{"value": SPANS}]}},
    {"text": TEXT, "topic.responses": ["a"], "ner.responses": [SPANS], "status": "completed"},
    {"text": TEXT, "ner.responses": [SPANS[:1], SPANS], "ner.responses.status": ["discarded", "submitted"]},
]


@pytest.mark.parametrize("record", ARGILLA)
def test_answers_of_argilla(tmp_path: Path, record: dict[str, object]) -> None:
    reading = reading_of(tmp_path, record)
    assert entities_of(reading) == ADA
    assert not left_out(reading)


@pytest.mark.parametrize(
    "record",
    [
        {"fields": {"text": TEXT}, "responses": [{"values": {"ner": {"value": each}}} for each in (SPANS, SPANS[:1])]},
        {"text": TEXT, "ner.responses": [SPANS, SPANS[:1]]},
        {"text": TEXT, "ner": [{"value": SPANS}, {"value": SPANS[:1]}], "ner-suggestion": SPANS},
    ],
)
def test_the_first_of_several_annotators_is_read(tmp_path: Path, record: dict[str, object]) -> None:
    reading = reading_of(tmp_path, record)
    assert entities_of(reading) == ADA
    assert left_out(reading) == {"a further annotation of the same record": 1}


def test_records_of_argilla_without_answers_are_left_out(tmp_path: Path) -> None:
    pending: list[dict[str, object]] = [
        {"fields": {"text": TEXT}, "responses": []},
        {"text": TEXT, "ner.responses": None, "ner.suggestion": None, "status": "pending"},
        {"text": TEXT, "ner": [], "ner-suggestion": SPANS},
    ]
    reading = reading_of(tmp_path, *ARGILLA[:1], *pending)
    assert entities_of(reading) == ADA
    assert left_out(reading) == {"the record is not annotated": 2, "the record has suggestions only": 1}


@pytest.mark.parametrize("value", [[SPANS], [{"user": "u", "value": SPANS}], [[[0, 9, "PER"]]]])
def test_spans_in_lists_under_an_unknown_key_are_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: the key 'ner' seems to hold spans"):
        entities_of(reading_of(tmp_path, {"text": TEXT, "ner": value}))


def test_an_empty_known_key_does_not_hide_an_unknown_one(tmp_path: Path) -> None:
    records = [{"text": TEXT, "entities": SPANS}, {"text": TEXT, "entities": [], "ner": [[0, 9, "PER"]]}]
    with pytest.raises(CorpusError, match=r"a\.jsonl:2: the key 'ner' seems to hold spans"):
        entities_of(reading_of(tmp_path, *records))


def test_what_is_no_entity_beside_an_empty_known_key(tmp_path: Path) -> None:
    bounds = [{"start": 0, "end": 21}]
    record = {"text": TEXT, "entities": [], "sents": bounds, "relations": [], "predictions": SPANS}
    answered = {"text": TEXT, "ner.responses": [[]], "ner.suggestion": SPANS}
    numbered = {"text": TEXT, "tokens": TOKENS, "entities": [], "ids": [101, 7, 8, 9, 102]}
    assert entities_of(reading_of(tmp_path, {"text": TEXT, "entities": SPANS}, record, answered, numbered)) == ADA


def test_spans_under_a_further_key_are_counted(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"text": TEXT, "labels": ["PER", "LOC"], "annotations": SPANS, "spans": SPANS[:1]})
    assert entities_of(reading) == ADA[:1]
    assert left_out(reading) == {"the annotation is under 'annotations', and that under 'spans' is read": 2}


def test_spans_under_an_unknown_key_beside_a_known_one_are_counted(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"text": TEXT, "label": SPANS[:1], "places": SPANS[1:]})
    assert entities_of(reading) == ADA[:1]
    assert left_out(reading) == {"the annotation is under 'places', and that under a known key is read": 1}


def test_entities_of_spacy_are_preferred_to_its_groups_of_spans(tmp_path: Path) -> None:
    tokens = [{"id": 0, "start": 0, "end": 3}, {"id": 1, "start": 4, "end": 9}]
    group = {"sc": [{"start": 0, "end": 3, "label": "FIRST"}]}
    reading = reading_of(tmp_path, {"text": TEXT, "ents": SPANS, "spans": group, "tokens": tokens})
    assert entities_of(reading) == ADA
    assert left_out(reading) == {"the annotation is under 'spans', and that under 'ents' is read": 1}


@pytest.mark.parametrize(
    "ada",
    [
        ["Ada Byron", 0, 9, "PER"],
        [0, 9, "Ada Byron", "PER"],
        [0, 9, "PER", "Ada Byron"],
        ["PER", 0, 9, 0.9],
        [0, 9, "PER", "an id"],
        {"start_char": 0, "end_char": 9, "type": "PER", "text": "Ada Byron"},
    ],
)
def test_a_span_may_come_with_its_text(tmp_path: Path, ada: object) -> None:
    assert entities_of(reading_of(tmp_path, {"text": TEXT, "entities": [ada]})) == ADA[:1]


def test_a_number_in_place_of_a_label_is_named(tmp_path: Path) -> None:
    span = {"label": 5, "start_offset": 0, "end_offset": 9, "user": 1}
    reading = reading_of(tmp_path, {"text": TEXT, "annotations": [span], "entities": []}, may_be_empty=True)
    assert entities_of(reading) == []
    assert left_out(reading) == {"the span has a number in place of a label; export the names of the labels": 1}


def test_the_text_may_be_under_data_or_full_text(tmp_path: Path) -> None:
    assert entities_of(reading_of(tmp_path, {"id": 1, "data": TEXT, "label": [[0, 9, "PER"]]})) == ADA[:1]
    record = {"full_text": "Ada's  Byron\n", "tokens": ["Ada", "'s", "Byron"], "labels": ["B-PER", "O", "B-PER"]}
    named = {"tokens": TOKENS, "ner_tags": TAGS, "data": "the name of a corpus"}
    assert entities_of(reading_of(tmp_path, named)) == ADA
    (document,) = reading_of(tmp_path, record)
    assert [(entity.start, entity.end) for entity in document.entities] == [(0, 3), (7, 12)]


def test_tags_in_one_string(tmp_path: Path) -> None:
    assert entities_of(reading_of(tmp_path, {"tokens": TOKENS, "ner_tags": " ".join(TAGS)})) == ADA


def test_a_list_of_labels_does_not_hide_spans(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"text": TEXT, "labels": ["PER", "LOC"], "annotations": SPANS})
    assert entities_of(reading) == ADA
    assert not left_out(reading)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"start": 0, "end": 9, "type": "PER"}, {"begin": 15, "end": 20, "type": "LOC"}),
        (
            {"start": 0, "end": 9, "entity_group": "PER", "score": 0.9, "word": "ada byron"},
            {"start": 15, "end": 20, "entity_group": "LOC", "score": 0.9, "word": "turin"},
        ),
        (
            {"offset": 0, "length": 9, "category": "PER", "text": "Ada Byron"},
            {"offset": 15, "length": 5, "category": "LOC", "text": "Turin"},
        ),
        (
            {"start_pos": 0, "end_pos": 9, "labels": [{"value": "PER", "confidence": 0.9}]},
            {"start_pos": 15, "end_pos": 20, "label": "LOC"},
        ),
        ({"offsets": [0, 9], "label": ["PER"]}, {"span": [15, 20], "label": "LOC", "type": "x"}),
    ],
)
def test_spans_with_the_keys_of_other_tools(tmp_path: Path, first: object, second: object) -> None:
    assert entities_of(reading_of(tmp_path, {"text": TEXT, "entities": [first, second]})) == ADA


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ({"start": 0, "end": 9, "entity": "PER"}, "the span has no label among its keys start, end, entity"),
        ({"from": 0, "to": 9, "label": "PER"}, "the annotation has no bounds among its keys from, to, label"),
        ({"start": 0, "label": "PER"}, "the span has no whole numbers for its bounds"),
        (
            {"start": 0, "end": 8, "type": "PER", "text": "Ada Byron"},
            "the span quotes a text that differs from the document",
        ),
    ],
)
def test_one_document_whose_spans_cannot_be_used_is_refused(
    tmp_path: Path, span: dict[str, object], reason: str
) -> None:
    with pytest.raises(CorpusError, match=rf"none of its 1 annotations can be used \({reason}\)"):
        entities_of(reading_of(tmp_path, {"text": TEXT, "entities": [span]}))


def test_spans_of_tokens_or_characters_are_not_guessed(tmp_path: Path) -> None:
    span = {"type": "PER", "start": 0, "end": 2}
    with pytest.raises(CorpusError, match="the span may count tokens or characters; remove 'text'"):
        entities_of(reading_of(tmp_path, {"text": TEXT, "tokens": TOKENS, "entities": [span]}))


def test_parts_of_speech_are_refused_with_the_key_of_the_tags(tmp_path: Path) -> None:
    record = {"tokens": TOKENS, "tags": ["NNP", "NNP", "VBD", "NNP", "."], "ner": TAGS}
    with pytest.raises(CorpusError, match="it makes sense with --tag-column ner"):
        entities_of(reading_of(tmp_path, record))
