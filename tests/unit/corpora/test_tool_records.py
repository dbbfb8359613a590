"""JSON records of further annotation tools and services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onoma import read
from onoma.bulk import find_inputs, stream
from onoma.errors import CorpusError

TEXT = "Ada Byron left London."
ADA, LONDON = (0, 9), (15, 21)


def _spans(start: str, end: str, label: str, *, quote: str | None = None, more: int = 0) -> list[dict[str, Any]]:
    return [
        {start: first, end: last - more, label: name} | ({quote: TEXT[first:last]} if quote else {})
        for (first, last), name in ((ADA, "PER"), (LONDON, "LOC"))
    ]


BIOC_SPANS = [
    {"infons": {"type": name}, "text": TEXT[start:end], "locations": [{"offset": start + 7, "length": end - start}]}
    for (start, end), name in ((ADA, "PER"), (LONDON, "LOC"))
]
TOOLS: dict[str, Any] = {
    "PubAnnotation": {
        "text": TEXT,
        "denotations": [
            {"id": name, "span": {"begin": start, "end": end}, "obj": name}
            for (start, end), name in ((ADA, "PER"), (LONDON, "LOC"))
        ],
    },
    "LightTag": {"examples": [{"content": TEXT, "annotations": _spans("start", "end", "tag", quote="value")}]},
    "UBIAI": [{"document": TEXT, "tokens": _spans("start", "end", "entityLabel", quote="text"), "relations": []}],
    "Ground Truth": {
        "source": TEXT,
        "names": {"annotations": {"entities": _spans("startOffset", "endOffset", "label"), "labels": []}},
        "names-metadata": {"job-name": "names"},
    },
    "Vertex AI": {"textContent": TEXT, "textSegmentAnnotations": _spans("startOffset", "endOffset", "displayName")},
    "AutoML": {
        "text_snippet": {"content": TEXT},
        "annotations": [
            {
                "text_extraction": {"text_segment": {"start_offset": start, "end_offset": end}},
                "display_name": name,
            }
            for (start, end), name in ((ADA, "PER"), (LONDON, "LOC"))
        ],
    },
    "Rasa": {
        "rasa_nlu_data": {
            "common_examples": [
                {"text": TEXT, "intent": "x", "entities": [{**each, "value": "other"} for each in spans]}
                for spans in [_spans("start", "end", "entity")]
            ]
        }
    },
    "LUIS": [{"text": TEXT, "entityLabels": _spans("startCharIndex", "endCharIndex", "entityName", more=1)}],
    "LUIS, application": {"utterances": [{"text": TEXT, "entities": _spans("startPos", "endPos", "entity", more=1)}]},
    "MSRA": {
        "text": TEXT,
        "entity_list": [
            {"entity_index": {"begin": start, "end": end}, "entity_type": name, "entity": TEXT[start:end]}
            for (start, end), name in ((ADA, "PER"), (LONDON, "LOC"))
        ],
    },
    "BioC": {
        "source": "x",
        "documents": [
            {
                "id": "1",
                "passages": [
                    {"offset": 0, "text": "Title.", "annotations": []},
                    {"offset": 7, "text": TEXT, "annotations": BIOC_SPANS},
                ],
            }
        ],
    },
    "BioC, sentences": {
        "documents": [
            {
                "id": "1",
                "passages": [
                    {"offset": 0, "sentences": [{"offset": 0, "text": "Title.", "annotations": []}]},
                    {"offset": 7, "sentences": [{"offset": 7, "text": TEXT, "annotations": BIOC_SPANS}]},
                ],
            }
        ],
    },
}


def _write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@pytest.mark.parametrize("tool", TOOLS)
def test_spans_are_read_at_their_places(tmp_path: Path, tool: str) -> None:
    [document] = read(_write(tmp_path / "a.json", TOOLS[tool]))
    expected = "Title.\n" + TEXT if tool.startswith("BioC") else TEXT
    assert document.text == expected
    assert [(each.text, each.label) for each in document.entities] == [("Ada Byron", "PER"), ("London", "LOC")]


@pytest.mark.parametrize("tool", ["LightTag", "UBIAI", "Vertex AI"])
def test_a_text_without_spans_is_read(tmp_path: Path, tool: str) -> None:
    [record] = [TOOLS[tool]] if isinstance(TOOLS[tool], dict) else TOOLS[tool]
    record = record.get("examples", [record])[0]
    empty = {key: [] if isinstance(value, list) else value for key, value in record.items()}
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(record)}\n{json.dumps(empty)}\n", encoding="utf-8")
    assert [(document.text, len(document.entities)) for document in read(path)] == [(TEXT, 2), (TEXT, 0)]
    inputs = find_inputs([path]).inputs
    documents = stream(inputs, failed=lambda letter: pytest.fail(letter.reason))
    assert [document.text for document in documents] == [TEXT, TEXT]


def test_a_source_or_content_beside_a_text_is_not_the_text(tmp_path: Path) -> None:
    records = [{"source": "a", "content": "b", "document": "c", "text": TEXT, "annotations": [], "entities": []}]
    assert [document.text for document in read(_write(tmp_path / "a.json", records))] == [TEXT]


def test_spans_of_several_parts_are_left_out_and_counted(tmp_path: Path) -> None:
    parts = {**BIOC_SPANS[0], "locations": [{"offset": 0, "length": 3}, {"offset": 4, "length": 5}]}
    spans = [parts, {**BIOC_SPANS[1], "locations": [{"offset": 15, "length": 6}]}]
    reader = read(
        _write(tmp_path / "a.json", {"id": "1", "passages": [{"offset": 0, "text": TEXT, "annotations": spans}]})
    )
    assert [each.text for document in reader for each in document.entities] == ["London"]
    assert "no bounds" in " ".join(reader.report.unusable)


@pytest.mark.parametrize(
    "span",
    [
        {"place": {"begin": 0, "end": 3}, "kind": {"name": "PER"}, "entity_type": "PER"},
        {"startIndex": 0, "endIndex": 3, "entityName": "PER"},
    ],
)
def test_spans_of_unknown_tools_are_refused(tmp_path: Path, span: dict[str, Any]) -> None:
    with pytest.raises(CorpusError, match="'marks' seems to hold spans"):
        list(read(_write(tmp_path / "a.json", [{"text": TEXT, "marks": [span]}])))


def test_words_of_a_pipeline_with_tags_are_not_spans_with_labels(tmp_path: Path) -> None:
    words = [{"entity": "B-PER", "score": 0.9, "word": "Ada", "start": 0, "end": 3}]
    with pytest.raises(CorpusError, match="none of its 1 annotations"):
        list(read(_write(tmp_path / "a.json", [{"text": TEXT, "entities": words}])))


@pytest.mark.parametrize("offset", [3, 10**12, -1, "7"])
def test_passages_at_impossible_places_are_refused(tmp_path: Path, offset: object) -> None:
    passages = [{"offset": 0, "text": "Title."}, {"offset": offset, "text": TEXT, "annotations": BIOC_SPANS}]
    with pytest.raises(CorpusError, match="has no 'text'; its keys are id, passages"):
        list(read(_write(tmp_path / "a.json", {"id": "1", "passages": passages})))
