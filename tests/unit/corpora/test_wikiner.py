"""WikiNER: a sentence a line, of words with a part of speech and a tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.corpora.reading import CorpusReader
from onoma.errors import CorpusError

ADA = "Ada|NNP|I-PER Byron|NNP|I-PER left|VBD|O Turin|NNP|I-LOC .|.|O"
BO = "Bo|NNP|I-PER Al|NNP|B-PER ran|VBD|O ||:|O"


def reading_of(tmp_path: Path, content: str, name: str = "a.txt", **options: object) -> CorpusReader:
    (tmp_path / name).write_text(content, encoding="utf-8")
    return read(tmp_path / name, options=ReadOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["aij-wikiner-en-wp3", "a.txt", "a.conll"])
def test_each_line_is_a_sentence(tmp_path: Path, name: str) -> None:
    reading = reading_of(tmp_path, f"{ADA}\n\n{BO}\n", name)
    assert reading.format == "wikiner"
    assert [document.text for document in reading] == ["Ada Byron left Turin .", "Bo Al ran |"]
    assert [(entity.text, entity.label) for document in reading for entity in document.entities] == [
        ("Ada Byron", "PER"),
        ("Turin", "LOC"),
        ("Bo", "PER"),
        ("Al", "PER"),
    ]


def test_sentences_between_blank_lines_are_a_document(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, f"{ADA}\n{BO}\n\n{ADA}\n", documents="blank-lines")
    assert [len(document.sentences or ()) for document in reading] == [2, 1]


def test_a_word_without_a_tag_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{ADA}\nBo|NNP ran|VBD|O\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.txt:2: 'Bo\|NNP' has 2 parts; expected word\|part of speech\|tag"):
        list(read(tmp_path / "a.txt", format="wikiner"))
