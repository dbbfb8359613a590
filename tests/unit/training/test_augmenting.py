"""Copies in capitals: as many as asked for, with words and entities at their places."""

from __future__ import annotations

import pytest

from onoma.text import Document
from onoma.training.augmenting import in_capitals, with_capitals


def _document(text: str) -> Document:
    document = Document.from_words([text.split()])
    return document.with_entities([document.entity(0, len(text.split(maxsplit=1)[0]), "X")])


@pytest.mark.parametrize(("share", "copies"), [(0.0, 0), (0.1, 1), (0.25, 2), (0.5, 5), (1.0, 10)])
def test_as_many_copies_as_asked_for(share, copies):
    documents = [_document(f"ada {number}") for number in range(10)]
    found = list(with_capitals(documents, share=share))
    assert [document for document in found if "ada" in document.text] == documents
    assert sum("ADA" in document.text for document in found) == copies


def test_a_copy_has_its_words_and_entities_where_they_were():
    copy = in_capitals(_document("Ada's Straße"))
    assert copy.text == "ADA'S STRAßE"
    assert [word.text for word in copy.words or ()] == ["ADA'S", "STRAßE"]
    assert [(entity.start, entity.end, entity.text) for entity in copy.entities] == [(0, 5, "ADA'S")]
