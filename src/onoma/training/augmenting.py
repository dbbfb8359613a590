"""Training documents that are also learnt in capitals, as headlines and forms are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onoma.text import Document


def with_capitals(documents: Iterable[Document], *, share: float) -> Iterator[Document]:
    """Documents, and behind every so many of them a copy in capitals.

    Args:
        documents: any.
        share: how many copies there are for each document, 0 to 1.
    """
    due = 0.0
    for document in documents:
        yield document
        due += share
        if due >= 1 - 1e-9:
            due -= 1
            yield in_capitals(document)


def in_capitals(document: Document) -> Document:
    """The document in capitals; a letter whose capital is not one character, such as ``ß``, stays."""
    letters = (capital if len(capital := character.upper()) == 1 else character for character in document.text)
    return document.with_text("".join(letters))
