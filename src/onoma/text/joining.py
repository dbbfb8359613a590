"""Joining consecutive documents into one, and splitting a document into its sentences."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Generic, TypeVar

from onoma.text.document import Document
from onoma.text.spans import Entity, Sentence, Span, Word

Piece = TypeVar("Piece", bound=Span)


def join(documents: Sequence[Document]) -> Document:
    r"""Join consecutive documents into one, with a line feed between their texts.

    A document without sentence boundaries becomes one sentence. The result has the id of the first document. A sentence
    that was a whole document gets the id of the document, unless it has its own. Items of ``meta`` that all documents
    have in common are kept. The other items of each document, and its id if no sentence keeps it, are listed in order
    under ``meta["parts"]``.

    Args:
        documents: at least one document; either all of them have given words or none. A single document is returned as
            it is.

    Raises:
        ValueError: only some of the documents have given words.

    >>> join([Document("Ada left."), Document("She wrote.")]).text
    'Ada left.\nShe wrote.'
    """
    if len(documents) == 1:
        return documents[0]
    if len({document.words is None for document in documents}) > 1:
        raise ValueError("some have given words and some have not")
    words: list[Word] = []
    entities: list[Entity] = []
    sentences: list[Sentence] = []
    layers: defaultdict[str, tuple[Entity, ...]] = defaultdict(tuple)
    offset = 0
    for document in documents:
        for name, spans in document.layers.items():
            layers[name] += tuple(_shift(span, offset) for span in spans)
        words += [_shift(word, offset) for word in document.words or ()]
        entities += [_shift(entity, offset) for entity in document.entities]
        sentences += [_shift(sentence, offset) for sentence in _get_sentences(document)]
        offset += len(document.text) + 1
    first = documents[0]
    return Document(
        "\n".join(document.text for document in documents),
        tuple(entities),
        id=first.id,
        words=None if first.words is None else tuple(words),
        sentences=tuple(sentences),
        meta=_merge_meta(documents),
        unannotated=frozenset[str]().union(*(document.unannotated for document in documents)),
        layers=dict(layers),
    )


def split_sentences(document: Document) -> list[Document]:
    """Split a document at the starts of its sentences, but not inside an entity or a word.

    White space at the end of a part is dropped. Each part has the id and the ``meta`` of the document, and the spans of
    its layers that lie inside the part. A document with fewer than two sentences is returned as it is.
    """
    text, words, sentences = document.text, document.words or (), document.sentences or ()
    if len(sentences) < 2:
        return [document]
    all_words, all_entities, all_sentences = _SpanIndex(words), _SpanIndex(document.entities), _SpanIndex(sentences)
    layers = {name: _SpanIndex(spans) for name, spans in document.layers.items()}
    starts = (sentence.start for sentence in sentences[1:])
    cuts = [start for start in starts if not (all_words.cross(start) or all_entities.cross(start))]
    parts: list[Document] = []
    for start, end in pairwise([0, *cuts, len(text)]):
        part_words, entities = all_words.between(start, end), all_entities.between(start, end)
        last_end = max((span.end for span in (*part_words, *entities)), default=0)
        part_text = text[start : start + max(last_end, len(text[start:end].rstrip()))]
        part_layers = {
            name: tuple(span for span in spans.between(start, end) if span.end <= len(part_text))
            for name, spans in layers.items()
        }
        bounds = (replace(each, end=min(each.end, len(part_text))) for each in all_sentences.between(start, end))
        parts.append(
            replace(
                document,
                text=part_text,
                entities=entities,
                words=None if document.words is None else part_words,
                sentences=tuple(bounds),
                layers=part_layers,
            )
        )
    return parts


class _SpanIndex(Generic[Piece]):
    """Spans ordered by start, for searching by position."""

    def __init__(self, spans: Sequence[Piece]) -> None:
        self._spans = spans
        self._starts = [span.start for span in spans]
        self._max_ends = list(accumulate((span.end for span in spans), max))

    def cross(self, cut: int) -> bool:
        """Return whether a span starts before an offset and ends after it."""
        before = bisect_left(self._starts, cut)
        return before > 0 and self._max_ends[before - 1] > cut

    def between(self, start: int, end: int) -> tuple[Piece, ...]:
        """Return the spans that start in ``[start, end)``, with offsets relative to ``start``."""
        selected = self._spans[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return tuple(_shift(span, -start) for span in selected)


def _shift(span: Piece, offset: int) -> Piece:
    return replace(span, start=span.start + offset, end=span.end + offset)


def _get_sentences(document: Document) -> Sequence[Sentence]:
    sentences = document.sentences
    if sentences is None:
        return [Sentence(start=0, end=len(document.text), id=document.id)]
    return [replace(sentences[0], id=sentences[0].id or document.id)] if len(sentences) == 1 else sentences


def _merge_meta(documents: Sequence[Document]) -> dict[str, object]:
    missing = object()
    common = {
        key: value
        for key, value in documents[0].meta.items()
        if all(document.meta.get(key, missing) == value for document in documents)
    }
    parts = [{key: value for key, value in document.meta.items() if key not in common} for document in documents]
    for document, part in zip(documents, parts, strict=True):
        if document.id and [sentence.id for sentence in _get_sentences(document)] != [document.id]:
            part["id"] = document.id
    return common | {"parts": parts} if any(parts) else common
