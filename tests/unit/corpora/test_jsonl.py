from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from onoma.corpora import CorpusReader, ReadOptions, WriteOptions, read, write
from onoma.errors import ConfigError, CorpusError
from onoma.text import Document

TEXT = "Ada in Lyon"
LABELSTUDIO = {
    "id": 7,
    "data": {"text": TEXT},
    "annotations": [
        {"was_cancelled": True, "result": [{"value": {"start": 0, "end": 3, "labels": ["BAD"]}}]},
        {
            "result": [
                {"value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}},
                {"value": {"start": 7, "end": 11, "text": "Lyon", "labels": ["LOC"]}},
            ]
        },
    ],
}
SAME = [
    {"text": TEXT, "label": [[0, 3, "PER"], [7, 11, "LOC"]]},
    {"text": TEXT, "labels": [[0, 3, "PER"], [7, 11, "LOC"]]},
    {
        "text": TEXT,
        "entities": [
            {"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3},
            {"id": 2, "label": "LOC", "start_offset": 7, "end_offset": 11},
        ],
        "relations": [],
    },
    {"text": TEXT, "spans": [{"start": 0, "end": 3, "label": "PER"}, {"start": 7, "end": 11, "label": "LOC"}]},
    {"text": TEXT, "entities": [[0, 3, "PER"], [7, 11, "LOC"]]},
    [TEXT, {"entities": [[0, 3, "PER"], [7, 11, "LOC"]]}],
    LABELSTUDIO,
    {"text": TEXT, "label": [{"start": 0, "end": 3, "labels": ["PER"]}, {"start": 7, "end": 11, "labels": ["LOC"]}]},
    {"tokens": ["Ada", "in", "Lyon"], "ner_tags": ["B-PER", "O", "B-LOC"]},
    {"tokens": ["Ada", "in", "Lyon"], "entities": ["B-PER", "O", "B-LOC"], "text": TEXT},
]


def reading_of(tmp_path: Path, content: str, name: str = "a.jsonl", **options: object) -> CorpusReader:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return read(path, options=ReadOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("record", SAME)
@pytest.mark.parametrize("form", ["lines", "list", "indented"])
def test_every_layout_means_the_same(tmp_path: Path, record: object, form: str) -> None:
    line = json.dumps(record)
    content = {
        "lines": f"{line}\n\n{line}",
        "list": f"[{line}, {line}]",
        "indented": json.dumps([record] * 2, indent=1),
    }
    reading = reading_of(tmp_path, content[form], "a.json")
    documents = list(reading)
    assert [document.text for document in documents] == [TEXT, TEXT]
    for document in documents:
        assert [(entity.text, entity.label) for entity in document.entities] == [("Ada", "PER"), ("Lyon", "LOC")]
    assert not reading.report.unusable


def test_prodigy_tokens_are_words_and_refused_records_are_counted(tmp_path: Path) -> None:
    tokens = [{"text": "Ada", "start": 0, "end": 3, "id": 0}]
    lines = [{"text": "Ada", "tokens": tokens, "spans": [], "answer": "accept"}, {"text": "x", "answer": "reject"}]
    reading = reading_of(tmp_path, "\n".join(map(json.dumps, lines)))
    [document] = reading
    assert [word.text for word in document.words or ()] == ["Ada"]
    assert reading.report.left_out["the annotator did not accept the record"].places[0].where.endswith("a.jsonl:2")


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ([0, 3, ""], "the span has no label"),
        ([0, 3, None], "the span has no label"),
        ([0, 3, 5], "the span has a number in place of a label; export the names of the labels"),
        (["0", 3, "PER"], "the span has no whole numbers for its bounds"),
        ([0.0, 3, "PER"], "the span has no whole numbers for its bounds"),
        ([True, 3, "PER"], "the span has no whole numbers for its bounds"),
        ([3, 3, "PER"], "the span is empty"),
        ([-1, 3, "PER"], "the span reaches outside the text"),
        ([9, 12, "PER"], "the span reaches outside the text"),
        (
            {"start": 0, "end": 3, "label": "PER", "text": "Lyon"},
            "the span quotes a text that differs from the document",
        ),
        ("PER", "the annotation is not a span"),
        ([1, 2], "the annotation is not a span"),
    ],
)
def test_unusable_spans_are_left_out_and_counted(tmp_path: Path, span: object, reason: str) -> None:
    reading = reading_of(tmp_path, json.dumps({"text": TEXT, "entities": [span, [7, 11, "LOC"]]}))
    [document] = reading
    assert [entity.text for entity in document.entities] == ["Lyon"]
    assert {name: finding.count for name, finding in reading.report.unusable.items()} == {reason: 1}


def test_offsets_in_utf16_units_are_understood_where_the_text_is_quoted(tmp_path: Path) -> None:
    span = {"start": 3, "end": 6, "label": "PER", "text": "Ada"}
    reading = reading_of(tmp_path, json.dumps({"text": "\U0001f600 Ada", "entities": [span]}))
    [document] = reading
    assert (document.entities[0].start, document.entities[0].text) == (2, "Ada")
    assert reading.report.adjusted["offsets count UTF-16 units; read so"].count == 1


def records_of(*examples: tuple[str, int, int]) -> str:
    return "\n".join(json.dumps({"text": text, "label": [[start, end, "X"]]}) for text, start, end in examples)


UNDECIDED = ("\U0001f600 #lyon is", 3, 8)
"""A record whose span may begin before the hash sign, in UTF-16 units, or after it."""

SHIFTED = ("\U0001f600 Ada is", 3, 6)


@pytest.mark.parametrize("before", [0, 3])
def test_offsets_that_fit_several_units_are_in_the_unit_of_other_records(tmp_path: Path, before: int) -> None:
    examples = [*[SHIFTED] * before, UNDECIDED, *[SHIFTED] * 2]
    assert [document.entities[0].text for document in reading_of(tmp_path, records_of(*examples))] == [
        *["Ada"] * before, "#lyon", "Ada", "Ada",
    ]  # fmt: skip


@pytest.mark.parametrize("others", [[], [("\U0001f600 Ada is", 2, 5)], [("\U0001f600 Ada is", 2, 5)] * 2 + [SHIFTED]])
def test_offsets_that_fit_several_units_count_code_points_unless_most_others_differ(
    tmp_path: Path, others: list[tuple[str, int, int]]
) -> None:
    document, *_ = reading_of(tmp_path, records_of(UNDECIDED, *others))
    assert document.entities[0].text == "lyon "


def test_the_unit_of_other_records_is_not_the_error_of_a_later_one(tmp_path: Path) -> None:
    documents = iter(reading_of(tmp_path, records_of(UNDECIDED, SHIFTED) + "\n{\n"))
    assert [next(documents).entities[0].text, next(documents).entities[0].text] == ["#lyon", "Ada"]
    with pytest.raises(CorpusError, match=r"a\.jsonl:3: "):
        next(documents)


def test_words_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, json.dumps({"text": "ab", "words": [[0, 5]], "sentences": [[1, 2], [0, 1]]}))
    [document] = reading
    assert (document.words, document.sentences) == (None, None)
    assert len(reading.report.adjusted) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a"}\n{"text": \n', r"a\.jsonl:2: column 10 is not JSON"),
        ("nonsense\n", r"a\.jsonl:1: column 1 is not JSON"),
        (
            '{"words": "a"}\n',
            r"a\.jsonl:1: the record has no 'text'; its keys are words; rename the one of its text to 'text'$",
        ),
        ("[1, 2]\n", r"a\.jsonl:1: a record is 1; expected an object"),
        ('{"tokens": ["a", "b"], "ner_tags": [3, 4]}', r"a\.jsonl: the tags are numbers \(3, 4\); .* --tag-names"),
        ('{"tokens": ["a"], "tags": ["O", "O"]}', r"a\.jsonl:1: there are 1 tokens but 2 tags"),
        ('{"data": {"a": "x", "b": "y"}}', r"a\.jsonl:1: the task has no text"),
        ("\n\n", r"a\.jsonl: has no documents"),
        ("[]", r"a\.jsonl: has no documents"),
    ],
)
def test_errors_say_where_and_what(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        list(reading_of(tmp_path, content))


def test_what_is_written(tmp_path: Path) -> None:
    document = Document("Ada", id="d")
    document = document.with_entities([document.entity(0, 3, "PER", score=0.5)])
    report = write([document], tmp_path / "a.jsonl")
    assert json.loads((tmp_path / "a.jsonl").read_text()) == {
        "id": "d",
        "text": "Ada",
        "entities": [{"start": 0, "end": 3, "label": "PER", "score": 0.5, "text": "Ada"}],
    }
    assert (report.documents, report.entities, report.labels) == (1, 1, {"PER": 1})
    write([Document("half \ud800")], tmp_path / "b.jsonl")
    assert [document.text for document in read(tmp_path / "b.jsonl")] == ["half \ud800"]
    with pytest.raises(ConfigError, match="unknown JSON layout 'x'; choose one of onoma"):
        write([document], tmp_path / "a.jsonl", options=WriteOptions(layout="x"))


@pytest.mark.parametrize("score", ["NaN", "1.5", "-0.1", "true", '"0.9"'])
def test_a_score_that_is_no_probability_is_left_out_and_counted(tmp_path: Path, score: str) -> None:
    path = tmp_path / "a.jsonl"
    spans = f'[{{"start": 0, "end": 3, "label": "PER", "score": {score}}}]'
    path.write_text(f'{{"text": "Ada ran", "entities": {spans}}}\n', encoding="utf-8")
    reader = read(path)
    [document] = reader
    assert [(entity.text, entity.score) for entity in document.entities] == [("Ada", None)]
    assert "the score is not a number from 0 to 1; left out: 1" in " ".join(reader.notices())


def test_only_valid_json_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    document = Document("Ada ran", meta={"rate": float("nan"), "day": date(2026, 1, 2)})
    write([document.with_entities([document.entity(0, 3, "PER", score=float("nan"))])], path)
    record = json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert record["entities"][0]["score"] is None
    assert record["meta"] == {"rate": None, "day": "2026-01-02"}
