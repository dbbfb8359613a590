"""A table of texts is read with any delimiter, also where its suffix is that of columns of words."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.bulk import find_inputs, stream


@pytest.mark.parametrize(("name", "delimiter"), [("a.tsv", "\t"), ("a.csv", ";"), ("a.csv", "\t"), ("a.csv", ",")])
def test_csv_is_read_with_any_delimiter(tmp_path: Path, name: str, delimiter: str) -> None:
    path = tmp_path / name
    rows = [("id", "text"), ("1", "Ada left."), ("2", "Bo ran.")]
    path.write_text("".join(delimiter.join(row) + "\n" for row in rows), encoding="utf-8")
    documents = list(stream(find_inputs([path]).inputs, failed=lambda letter: pytest.fail(letter.reason)))
    assert [(document.id, document.text) for document in documents] == [("1", "Ada left."), ("2", "Bo ran.")]


def test_words_with_tags_stay_a_corpus(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("word\ttag\nAda\tB-PER\nleft\tO\n", encoding="utf-8")
    assert [input.kind for input in find_inputs([path]).inputs] == ["corpus"]
