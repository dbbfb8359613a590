"""Conversion of input texts to documents, in groups."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator

from onoma.errors import InputError
from onoma.text import Document, find_lone_surrogate

_LOOKAHEAD_CHARACTERS = 100_000
_LOOKAHEAD_DOCUMENTS = 512


class ErrorCapturingStream:
    """A stream of documents that ends if its source fails and keeps the error, so that earlier documents are tagged."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.error: Exception | None = None
        self._documents = documents

    def __iter__(self) -> Iterator[Document]:
        try:
            yield from self._documents
        except Exception as error:
            self.error = error


def group_documents(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield groups of documents, no larger than needed to have windows of every length."""
    group: list[Document] = []
    characters = 0
    for document in documents:
        group.append(document)
        characters += len(document.text)
        if characters >= _LOOKAHEAD_CHARACTERS or len(group) >= _LOOKAHEAD_DOCUMENTS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def as_documents(texts: Iterable[str | Document]) -> Iterator[Document]:
    """Return an iterator of the texts as documents.

    Raises:
        InputError: the input is not an iterable of texts; raised at once, not during iteration.
    """
    try:
        stream = None if isinstance(texts, str | bytes) else iter(texts)
    except TypeError:
        stream = None
    if stream is None:
        advice = "; for one text there is tag" if isinstance(texts, str | Document) else ""
        raise InputError(f"expected an iterable of texts, such as a list, got {_describe(texts)}{advice}")
    return (as_document(text, where=f"text {number}: ") for number, text in enumerate(stream, start=1))


def as_document(text: str | Document, *, where: str = "") -> Document:
    """Return a text as a document.

    Raises:
        InputError: the input is not a text or a document, or contains half of a surrogate pair; the message begins with
            ``where``.
    """
    document = Document(text) if isinstance(text, str) else text
    if not isinstance(document, Document):
        raise InputError(f"{where}expected a text or a Document, got {_describe(text)}")
    if problem := find_lone_surrogate(document.text):
        raise InputError(f"{where}{problem}")
    return document


def _describe(value: object) -> str:
    """Describe a value that is not a text, for a message."""
    if value is None:
        return "None"
    advice = "; decode it first" if isinstance(value, bytes) else ""
    return f"{type(value).__name__} {reprlib.repr(value)}{advice}"
