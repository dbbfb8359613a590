"""A text with its words, sentences and entities, as a plain value that knows nothing of tags, subwords or files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from onoma.text.markup import document_block
from onoma.text.spans import Entity, Sentence, Word


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its entities, gold or predicted.

    Attributes:
        text: the whole text, as the caller or the file has it.
        entities: ordered by start, then by end downwards; they may overlap.
        id: the document's name; empty where it has none.
        words: the words that the corpus gave, ordered and without overlap; None where the text is yet to be segmented.
        sentences: the bounds that the corpus gave, ordered and without overlap; None where it gave none.
        meta: whatever else travels with the document, JSON values only.
        unannotated: labels that its annotation leaves out, so that where it has no entity there may be one of these.
        layers: what tasks beside that of the entities have found, by the name of the task: labelled spans in order,
            such as one for each word or one for each sentence.

    Raises:
        ValueError: an entity, a word or a span of a layer does not agree with the text.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    id: str = field(default="", kw_only=True)
    words: tuple[Word, ...] | None = field(default=None, kw_only=True)
    sentences: tuple[Sentence, ...] | None = field(default=None, kw_only=True)
    meta: Mapping[str, object] = field(default_factory=dict, kw_only=True)
    unannotated: frozenset[str] = field(default=frozenset(), kw_only=True)
    layers: Mapping[str, tuple[Entity, ...]] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        pieces: tuple[Entity | Word, ...] = (*self.entities, *(self.words or ()))
        for spans in self.layers.values():
            pieces += spans
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
        meta: Mapping[str, object] | None = None,
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
        return cls("\n".join(texts), id=id, words=tuple(words), sentences=tuple(bounds), meta=meta or {})

    def entity(self, start: int, end: int, label: str, *, score: float | None = None) -> Entity:
        """An entity over ``[start, end)`` of this document's text."""
        return Entity(start=start, end=end, label=label, score=score, text=self.text[start:end])

    def with_entities(self, entities: Iterable[Entity]) -> Document:
        """The same document with these entities instead, put in order."""
        entities = list(entities)
        if not entities and not self.entities:
            return self
        return replace(self, entities=tuple(sorted(entities, key=_in_text_order)))

    def with_layers(self, layers: Mapping[str, Iterable[Entity]]) -> Document:
        """The same document with these layers, each put in order; its other layers stay."""
        ordered = {name: tuple(sorted(spans, key=_in_text_order)) for name, spans in layers.items()}
        return replace(self, layers={**self.layers, **ordered})

    def with_text(self, text: str) -> Document:
        """The same document with a text of the same length, in which all offsets mean what they meant."""

        def renewed(spans: Iterable[Entity]) -> tuple[Entity, ...]:
            return tuple(replace(span, text=text[span.start : span.end]) for span in spans)

        words = self.words
        return replace(
            self,
            text=text,
            words=None if words is None else tuple(replace(word, text=text[word.start : word.end]) for word in words),
            entities=renewed(self.entities),
            layers={name: renewed(spans) for name, spans in self.layers.items()},
        )

    def _repr_html_(self) -> str:
        """The text with its entities in colours, for notebooks."""
        return document_block(self.text, self.entities)


def _in_text_order(span: Entity) -> tuple[int, int, str]:
    return span.start, -span.end, span.label
