"""Titles, abstracts and annotations of PubTator."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import read
from onoma.corpora.reading import CorpusReader
from onoma.errors import CorpusError

TITLE, ABSTRACT = "Gout and lead.", "Lead poisons; 💩 gout hurts."
TEXTS = f"12|t|{TITLE}\n12|a|{ABSTRACT}\n"
GOUT = "12\t0\t4\tGout\tDisease\tD006073\n"
LEAD = "12\t15\t19\tLead\tChemical\tD007854\n"
LAST = "12\t31\t35\tgout\tDisease\n"
FOUND = [("Gout", "Disease"), ("Lead", "Chemical"), ("gout", "Disease")]


def reading_of(tmp_path: Path, content: str, name: str = "a.txt") -> CorpusReader:
    (tmp_path / name).write_bytes(content.encode())
    reading = read(tmp_path / name)
    assert reading.format == "pubtator"
    return reading


def entities_of(reading: CorpusReader) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for document in reading for entity in document.entities]


@pytest.mark.parametrize(
    "content",
    [
        TEXTS + GOUT + LEAD + LAST,
        TEXTS + GOUT + LEAD + LAST + "\n",
        (TEXTS + GOUT + LEAD + LAST).replace("\n", "\r\n"),
        "\n" + TEXTS + LEAD + GOUT + "\n" + LAST,
        TEXTS + GOUT + LEAD.strip() + "\tx|y\n" + LAST,
    ],
)
def test_texts_and_entities(tmp_path: Path, content: str) -> None:
    reading = reading_of(tmp_path, content)
    [document] = reading
    assert (document.id, document.text) == ("12", f"{TITLE}\n{ABSTRACT}")
    assert entities_of(reading) == FOUND


def test_documents_without_a_blank_line_or_an_abstract(tmp_path: Path) -> None:
    reading = reading_of(
        tmp_path, f"{TEXTS}{GOUT}13|t|Gout\n13\t0\t4\tGout\tDisease\tX\n14|t|\n14|a|Lead\n", "a.pubtator"
    )
    assert [(document.id, document.text) for document in reading] == [
        ("12", f"{TITLE}\n{ABSTRACT}"),
        ("13", "Gout"),
        ("14", "\nLead"),
    ]
    assert entities_of(reading) == [("Gout", "Disease")] * 2


def test_relations_and_what_cannot_be_used_are_counted(tmp_path: Path) -> None:
    others = "12\tCID\tD007854\tD006073\n12\t0\t4\tLead\tDisease\tX\n13\t0\t4\tGout\tDisease\n12\t0\n"
    reading = reading_of(tmp_path, TEXTS + GOUT + others)
    assert entities_of(reading) == FOUND[:1]
    assert {reason: found.count for reason, found in reading.report.unusable.items()} == {
        "the span quotes a text that differs from the document": 1,
        "the annotation is of another document than the text before it": 1,
        "the line is not an annotation; expected document, start, end, text and type": 1,
    }
    assert {reason: found.count for reason, found in reading.report.left_out.items()} == {
        "a relation is not an entity": 1
    }


def test_offsets_in_utf16_units_are_read_so(tmp_path: Path) -> None:
    moved = LAST.replace("31\t35", "32\t36")
    reading = reading_of(tmp_path, TEXTS + GOUT + LEAD + moved)
    assert entities_of(reading) == FOUND
    assert reading.report.adjusted


def test_annotations_before_any_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pubtator").write_text(GOUT + TEXTS)
    with pytest.raises(CorpusError, match=r"a\.pubtator:1: .*before any text"):
        list(read(tmp_path / "a.pubtator"))
