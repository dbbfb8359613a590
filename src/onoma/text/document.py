"""A text with its words, sentences and entities, as plain data, independent of tags, subwords and file formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from onoma.text.markup import document_block
from onoma.text.spans import Entity, Sentence, Word


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its gold or predicted entities.

    Attributes:
        text: the whole text, as given by the caller or the file.
        entities: entities ordered by start, then by descending end; they may overlap.
        id: name of the document; empty if it has none.
        words: words given by the corpus, ordered and without overlap; None if the text is not segmented yet.
        sentences: sentence boundaries given by the corpus, ordered and without overlap; None if it gives none.
        meta: any other data of the document; JSON values only.
        unannotated: labels that the annotation omits: the text may contain entities with these labels that are not
            marked.
        layers: labelled spans of tasks other than entities, by name of the task, in order, such as one for each word or
            one for each sentence.

    Raises:
        TypeError: the text is not a string.
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
        if not isinstance(self.text, str):
            raise TypeError(f"expected a text, got {type(self.text).__name__} {self.text!r}")
        pieces: tuple[Entity | Word, ...] = (*self.entities, *(self.words or ()))
        for spans in self.layers.values():
            pieces += spans
        for piece in pieces:
            if self.text[piece.start : piece.end] != piece.text or not 0 <= piece.start <= piece.end <= len(self.text):
                actual = self.text[piece.start : piece.end]
                raise ValueError(
                    f"{piece!r} does not agree with the text of document {self.id!r}, which has {actual!r} there"
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
        r"""Build a document from its words alone, with one blank between words and one line feed between sentences.

        Raises:
            ValueError: a sentence is a string instead of a list of words.

        >>> Document.from_words([["Hello", "Ada"], ["Bye"]]).text
        'Hello Ada\nBye'
        """
        texts: list[str] = []
        words: list[Word] = []
        bounds: list[Sentence] = []
        position = 0
        for index, sentence in enumerate(sentences):
            if isinstance(sentence, str):
                raise ValueError(
                    f"expected a list of words for each sentence, as in [['Ada', 'ran']]; got {sentence!r}"
                )
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
        """Return an entity over ``[start, end)`` of this document's text.

        Raises:
            ValueError: the text has no such span.
        """
        if not 0 <= start <= end <= len(self.text):
            size = f"{len(self.text):,} characters"
            raise ValueError(f"[{start}, {end}) is no span of the text of document {self.id!r}, which has {size}")
        return Entity(start=start, end=end, label=label, score=score, text=self.text[start:end])

    def with_entities(self, entities: Iterable[Entity]) -> Document:
        """Return a copy of the document with these entities, sorted, instead of its own."""
        entities = list(entities)
        if not entities and not self.entities:
            return self
        return replace(self, entities=tuple(sorted(entities, key=_text_order_key)))

    def with_layers(self, layers: Mapping[str, Iterable[Entity]]) -> Document:
        """Return a copy of the document with these layers, each sorted; other layers are kept."""
        ordered = {name: tuple(sorted(spans, key=_text_order_key)) for name, spans in layers.items()}
        return replace(self, layers={**self.layers, **ordered})

    def with_text(self, text: str) -> Document:
        """Return a copy of the document with another text of the same length, for which all offsets remain valid."""

        def update_spans(spans: Iterable[Entity]) -> tuple[Entity, ...]:
            return tuple(replace(span, text=text[span.start : span.end]) for span in spans)

        words = self.words
        return replace(
            self,
            text=text,
            words=None if words is None else tuple(replace(word, text=text[word.start : word.end]) for word in words),
            entities=update_spans(self.entities),
            layers={name: update_spans(spans) for name, spans in self.layers.items()},
        )

    def _repr_html_(self) -> str:
        """Return the text with its entities highlighted in colours, as HTML for notebooks."""
        return document_block(self.text, self.entities)


def _text_order_key(span: Entity) -> tuple[int, int, str]:
    return span.start, -span.end, span.label
