"""Plain values for annotated text: spans, words, sentences, entities, documents.

All offsets are half-open ``[start, end)`` in code points of the document's own text. These types know nothing of
tags, subwords or files.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem

_NO_META: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A half-open range of code points."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a character, or one is empty and inside the other."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Span):
    """The unit that is annotated: a span of its document and the text of that span."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence(Span):
    """A sentence's span and the name that its corpus gave it."""

    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Span):
    """A labelled span.

    Attributes:
        score: probability of the span with its label, in [0, 1]; None if there is no estimate (gold).
        text: the text of the span, always ``document.text[start:end]``.
    """

    label: str
    score: float | None = None
    text: str

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`, as in ``entities`` of JSON Lines."""
        return {"start": self.start, "end": self.end, "label": self.label, "score": self.score, "text": self.text}


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its entities, gold or predicted.

    Attributes:
        text: the whole text, as the caller or the file has it.
        entities: ordered by start, then by end downwards; they may overlap.
        id: the document's name; empty where it has none.
        words: the words that the corpus gave, ordered and without overlap; None where the text is yet to be segmented.
        sentences: the bounds that the corpus gave, ordered and without overlap; None where it gave none.
        meta: other data of the document, JSON values only.
        unannotated: labels that its annotation leaves out, so that where it has no entity there may be one of these.

    Raises:
        ValueError: an entity or a word does not agree with the text.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    id: str = field(default="", kw_only=True)
    words: tuple[Word, ...] | None = field(default=None, kw_only=True)
    sentences: tuple[Sentence, ...] | None = field(default=None, kw_only=True)
    meta: Mapping[str, object] = field(default_factory=lambda: _NO_META, kw_only=True)
    unannotated: frozenset[str] = field(default=frozenset(), kw_only=True)

    def __post_init__(self) -> None:
        pieces: tuple[Entity | Word, ...] = (*self.entities, *(self.words or ()))
        for piece in pieces:
            if self.text[piece.start : piece.end] != piece.text or not 0 <= piece.start <= piece.end <= len(self.text):
                found = self.text[piece.start : piece.end]
                raise ValueError(
                    f"{piece!r} does not agree with the text of document {self.id!r}, which has {found!r} there"
                )

    @classmethod
    def from_words(
        cls,
        sentences: Iterable[Sequence[str]],
        *,
        id: str = "",
        sentence_ids: Sequence[str] = (),
        meta: Mapping[str, object] = _NO_META,
    ) -> Document:
        r"""Rebuild a text from its words alone: one blank between words, one line feed between sentences.

        >>> Document.from_words([["Hello", "Ada"], ["Bye"]]).text
        'Hello Ada\nBye'
        """
        texts: list[str] = []
        words: list[Word] = []
        bounds: list[Sentence] = []
        position = 0
        for index, sentence in enumerate(sentences):
            start = position
            for text in sentence:
                words.append(Word(start=position, end=position + len(text), text=text))
                position += len(text) + 1
            end = max(start, position - 1)
            name = sentence_ids[index] if index < len(sentence_ids) else ""
            bounds.append(Sentence(start=start, end=end, id=name))
            texts.append(" ".join(sentence))
            position = end + 1
        return cls("\n".join(texts), id=id, words=tuple(words), sentences=tuple(bounds), meta=meta)

    def entity(self, start: int, end: int, label: str, *, score: float | None = None) -> Entity:
        """An entity over ``[start, end)`` of this document's text."""
        return Entity(start=start, end=end, label=label, score=score, text=self.text[start:end])

    def with_entities(self, entities: Iterable[Entity]) -> Document:
        """The same document with these entities instead, put in order."""
        entities = list(entities)
        if not entities and not self.entities:
            return self
        ordered = tuple(sorted(entities, key=lambda entity: (entity.start, -entity.end, entity.label)))
        return replace(self, entities=ordered)

    def _repr_html_(self) -> str:
        """The text with its entities in colours, for notebooks."""
        from onoma.text.markup import document_block

        return document_block(self)


def words_touched(
    starts: SupportsLenAndGetItem[int], ends: SupportsLenAndGetItem[int], start: int, end: int
) -> tuple[int, int]:
    """The words that share a character with ``[start, end)``, or that contain an empty span.

    Args:
        starts, ends: where each word starts and ends, in characters; ordered and without overlap.
        start, end: the span, in characters.

    Returns:
        The indices of the first of them and of the word after the last; if there are none, the second index is not
        above the first.

    >>> words_touched([0, 4, 8], [3, 7, 11], 5, 9)
    (1, 3)
    """
    return bisect_right(ends, start), bisect_left(starts, end)
