"""Training documents that are also learnt in capitals, as headlines and forms are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

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
    text = "".join(capital if len(capital := character.upper()) == 1 else character for character in document.text)
    words = document.words
    return replace(
        document,
        text=text,
        words=None if words is None else tuple(replace(word, text=text[word.start : word.end]) for word in words),
        entities=tuple(replace(entity, text=text[entity.start : entity.end]) for entity in document.entities),
    )
