"""Data augmentation with documents in capital letters, as in headlines and forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onoma.text import Document


def with_capitals(documents: Iterable[Document], *, share: float) -> Iterator[Document]:
    """Yield all documents, and for a share of them also a copy in capital letters.

    Args:
        documents: documents to yield.
        share: number of copies per document, 0 to 1; with 0.2, every fifth document is followed by its copy.
    """
    copies_due = 0.0
    for document in documents:
        yield document
        copies_due += share
        if copies_due >= 1 - 1e-9:
            copies_due -= 1
            yield in_capitals(document)


def in_capitals(document: Document) -> Document:
    """Convert a document to capital letters, except letters whose capital is not one character, such as ``ß``."""
    letters = (capital if len(capital := character.upper()) == 1 else character for character in document.text)
    return document.with_text("".join(letters))
