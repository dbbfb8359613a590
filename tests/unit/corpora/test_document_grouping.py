"""Files of sentences that follow one another, read as documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from onoma.corpora import AUTO, FORMATS, CorpusReader, DocumentsUnit, ReadOptions, read
from onoma.errors import ConfigError, CorpusError
from onoma.text import Document

CONLL = "Ada B-PER\nleft O\n\nso O\n\n\nBo B-PER\n\n# a note\n\nwent O\n"
CONLLU = "# sent_id = {0}\n1\tAda\t_\t_\t_\t_\t_\t_\t_\tEntity=B-PER\n\n"


def reading(path: Path, content: str, documents: DocumentsUnit, **options: object) -> CorpusReader:
    path.write_text(content, encoding="utf-8")
    return read(path, options=ReadOptions(documents=documents, **options))  # type: ignore[arg-type]


def texts(documents: CorpusReader) -> list[str]:
    return [document.text for document in documents]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (AUTO, ["Ada left", "so", "Bo", "went"]),
        ("file", ["Ada left\nso\nBo\nwent"]),
        ("blank-lines", ["Ada left\nso", "Bo\nwent"]),
        (1, ["Ada left", "so", "Bo", "went"]),
        (3, ["Ada left\nso\nBo", "went"]),
        (9, ["Ada left\nso\nBo\nwent"]),
    ],
)
def test_what_a_document_is(tmp_path: Path, documents: DocumentsUnit, expected: list[str]) -> None:
    corpus = reading(tmp_path / "a.conll", CONLL, documents)
    assert texts(corpus) == expected
    report = corpus.report
    assert (report.documents, report.sentences, report.words, report.entities) == (len(expected), 4, 5, 2)


def test_entities_stand_where_they_say_and_sentences_are_kept(tmp_path: Path) -> None:
    (document,) = reading(tmp_path / "a.conll", CONLL, "file")
    assert [(entity.start, entity.text) for entity in document.entities] == [(0, "Ada"), (12, "Bo")]
    assert [document.text[each.start : each.end] for each in document.sentences or ()] == [
        "Ada left",
        "so",
        "Bo",
        "went",
    ]


def test_each_word_has_its_line(tmp_path: Path) -> None:
    corpus = reading(tmp_path / "a.conll", CONLL, "blank-lines")
    assert [lines for _, lines in corpus.placed()] == [(1, 2, 4), (7, 11)]


def test_it_is_said_where_no_blank_lines_separate_documents(tmp_path: Path) -> None:
    corpus = reading(tmp_path / "a.conll", "Ada B-PER\n\nleft O\n", "blank-lines")
    assert texts(corpus) == ["Ada\nleft"]
    assert any("no blank lines separate documents" in notice for notice in corpus.notices())


def test_names_of_sentences_are_kept(tmp_path: Path) -> None:
    (document,) = reading(tmp_path / "a.conllu", CONLLU.format("s1") + CONLLU.format("s2"), "file")
    assert [sentence.id for sentence in document.sentences or ()] == ["s1", "s2"]


def jsonl(*records: Mapping[str, object] | None) -> str:
    return "".join("\n" if record is None else json.dumps(record) + "\n" for record in records)


def test_records_of_sentences_are_joined_at_one_blank_line(tmp_path: Path) -> None:
    first, second, third = (
        {"id": str(number), "tokens": ["Ada", "left"], "ner_tags": ["B-PER", "O"]} for number in range(3)
    )
    corpus = reading(tmp_path / "a.jsonl", jsonl(first, second, None, third), "blank-lines")
    assert [[each.id for each in document.sentences or ()] or document.id for document in corpus] == [["0", "1"], [""]]
    assert [lines for _, lines in corpus.placed()] == [(1, 1, 2, 2), (4, 4)]


def test_records_of_texts_are_joined_and_labels_renamed(tmp_path: Path) -> None:
    records = [{"text": "Ada left.", "entities": [{"start": 0, "end": 3, "label": "person"}]}] * 2
    (document,) = reading(tmp_path / "a.jsonl", jsonl(*records), 2, labels={"person": "PER"})
    assert [(each.start, each.label) for each in document.entities] == [(0, "PER"), (10, "PER")]


def test_records_with_and_without_words_cannot_be_joined(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {"tokens": ["Ada"], "ner_tags": ["B-PER"]},
        {"text": "Ada", "entities": [{"start": 0, "end": 3, "label": "PER"}]},
    ]
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: its sentences cannot be joined .* some have given words"):
        texts(reading(tmp_path / "a.jsonl", jsonl(*records), "file"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.conll", "-DOCSTART- O\n\nAda B-PER\n\nleft O\n\n-DOCSTART- O\n\nBo B-PER\n"),
        ("a.conll", "-DOCSTART- d1 O\n\nAda B-PER\n\n-DOCSTART- d2 O\n\nBo B-PER\n"),
        ("a.conllu", "# newdoc id = d\n" + CONLLU.format("s1")),
        ("a.jsonl", '{"text": "a b", "sentences": [[0, 1], [2, 3]], "entities": [[0, 1, "X"]]}'),
    ],
)
def test_a_file_with_documents_of_its_own_is_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(CorpusError, match=rf"{name}:1?.*marks where documents begin.*--documents"):
        texts(reading(tmp_path / name, content, "file"))


@pytest.mark.parametrize("documents", ["lines", 0, -1, True, ""])
def test_other_values_are_refused(tmp_path: Path, documents: DocumentsUnit) -> None:
    with pytest.raises(ConfigError, match="expected auto, file, blank-lines or a whole number"):
        reading(tmp_path / "a.conll", CONLL, documents)


@pytest.mark.parametrize(
    "format", [name for name in FORMATS if name in ("brat", "pubtator", "webanno", "hipe", "text")]
)
def test_formats_of_documents_are_refused(tmp_path: Path, format: str) -> None:
    (path := tmp_path / "a.txt").write_text("Ada left.\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"a file in {format} has documents of its own"):
        read(path, format=format, options=ReadOptions(documents="file"))


def test_a_table_has_no_blank_lines(tmp_path: Path) -> None:
    (path := tmp_path / "a.csv").write_text("sentence_id,word,tag\n1,Ada,B-PER\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no blank lines between documents"):
        read(path, options=ReadOptions(documents="blank-lines"))
    assert [type(document) for document in read(path, options=ReadOptions(documents="file"))] == [Document]
