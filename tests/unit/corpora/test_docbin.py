"""spaCy's own files are read without spaCy."""

from __future__ import annotations

import zlib
from base64 import b64decode
from pathlib import Path

import msgspec
import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError
from onoma.text import Document
from support.docbins import ALL, NOT_ANNOTATED, TWO_ATTRIBUTES, UNKNOWN_SPACES


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a.spacy"
    path.write_bytes(content)
    return path


def documents_of(tmp_path: Path, encoded: str) -> list[Document]:
    return list(read(written(tmp_path, b64decode(encoded))))


def entities_of(document: Document) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for entity in document.entities]


def test_texts_words_entities_and_sentences(tmp_path: Path) -> None:
    reading = read(written(tmp_path, b64decode(ALL)))
    odd, nobody, groups, sentences = reading
    assert odd.text == "Ada  Lovelace met PERSON X, the agent.\n\nIt’s 💩 in Köln, universitätsstädtisch."
    assert odd.words is not None
    assert [word.text for word in odd.words[:5]] == ["Ada", "Lovelace", "met", "PERSON", "X"]
    assert entities_of(odd) == [("Ada  Lovelace", "PERSON"), ("Köln", "CITY")]
    assert odd.sentences is None
    assert (nobody.text, nobody.entities) == ("Nobody left.", ())
    assert entities_of(groups) == [("University of Turin", "ORG"), ("Turin", "LOC")]
    assert sentences.sentences is not None
    assert [sentences.text[span.start : span.end] for span in sentences.sentences] == ["Bo ran.", "Al sat."]
    reasons = reading.report.left_out
    assert {reason: found.count for reason, found in reasons.items()} == {
        "the document is not annotated": 1,
        "the span is of the group 'other', which is not read": 1,
    }


@pytest.mark.parametrize(
    ("encoded", "text", "entities"),
    [
        (TWO_ATTRIBUTES, "Bo ran to Turin.", [("Bo", "PERSON"), ("Turin", "LOC")]),
        (UNKNOWN_SPACES, "Bo ran . ", [("Bo", "PERSON")]),
    ],
)
def test_files_with_few_attributes_are_read(
    tmp_path: Path, encoded: str, text: str, entities: list[tuple[str, str]]
) -> None:
    [document] = documents_of(tmp_path, encoded)
    assert document.text == text
    assert entities_of(document) == entities


def test_a_file_that_nobody_has_annotated_says_so_and_can_be_tagged(tmp_path: Path) -> None:
    path = written(tmp_path, b64decode(NOT_ANNOTATED))
    with pytest.raises(CorpusError, match="not annotated"):
        list(read(path))
    assert [document.text for document in read(path, options=ReadOptions(texts_only=True))] == ["Not annotated."]


def repacked(**changes: object) -> bytes:
    contents = msgspec.msgpack.decode(zlib.decompress(b64decode(TWO_ATTRIBUTES)))
    return zlib.compress(msgspec.msgpack.encode({**contents, **changes}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Ada B-PER\n",
        b64decode(ALL)[:-20],
        zlib.compress(b"\xc1"),
        repacked(tokens=b"1234"),
        repacked(strings=["Bo"]),
        repacked(lengths=b"\xff\xff\xff\xff"),
        repacked(attrs=[65, 77, 80]),
        repacked(attrs=[64, 77, 78]),
        repacked(span_groups=[b"\xc1"]),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CorpusError, match=r"a\.spacy: .*(damaged|not a DocBin)"):
        list(read(written(tmp_path, content)))
