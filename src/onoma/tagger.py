"""Text to entities, over any backend: the one way for commands, training's evaluation and servers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import Bundle
from onoma.decoding import ScoredChunk
from onoma.encoding import Encoded, Window, batch_by_length, pad
from onoma.runtime import Backend
from onoma.text import Document, Entity

_LOOKAHEAD_CHARACTERS = 100_000
_LOOKAHEAD_DOCUMENTS = 512


@dataclass(frozen=True, slots=True)
class _Job:
    """A window of one of the documents at hand."""

    document: int
    window: Window
    row: NDArray[np.int32]


class Tagger:
    """Finds the entities of texts.

    Args:
        bundle: what the tags mean and how texts are cut.
        backend: what runs the model.
        batch_subwords: subwords of one padded batch at most; it decides speed and memory, never an answer.
    """

    def __init__(self, bundle: Bundle, backend: Backend, *, batch_subwords: int = 1024) -> None:
        self.bundle = bundle
        self._backend = backend
        self._batch_subwords = batch_subwords
        self._framing = bundle.framing()
        self._decoder = bundle.decoder()

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types that it can find."""
        return self.bundle.manifest.labels

    def tag(self, text: str | Document) -> Document:
        """The text as a document with its entities; a document's words and sentences are used where it has them."""
        (document,) = self._tag_together([_as_document(text)])
        return document

    def tag_many(self, texts: Iterable[str | Document]) -> Iterator[Document]:
        """Tag a stream in its order; some 100,000 characters are read ahead, so that similar lengths share batches."""
        waiting: list[Document] = []
        characters = 0
        for text in texts:
            document = _as_document(text)
            waiting.append(document)
            characters += len(document.text)
            if characters >= _LOOKAHEAD_CHARACTERS or len(waiting) >= _LOOKAHEAD_DOCUMENTS:
                yield from self._tag_together(waiting)
                waiting, characters = [], 0
        yield from self._tag_together(waiting)

    def _tag_together(self, documents: Sequence[Document]) -> list[Document]:
        encoded = self._framing.encode(documents)
        emissions = self._emissions(encoded)
        sentences = [
            scores[start:end]
            for document, scores in zip(encoded, emissions, strict=True)
            for start, end in document.sentences
        ]
        chunks = iter(self._decoder.decode(sentences))
        return [
            document.document.with_entities(
                _entity(document, start, chunk) for start, _ in document.sentences for chunk in next(chunks)
            )
            for document in encoded
        ]

    def _emissions(self, documents: Sequence[Encoded]) -> list[NDArray[np.float32]]:
        """Tag scores of every word, ``[words, tags]`` for each document."""
        tags = len(self._decoder.tags)
        scores = [np.empty((len(document.words), tags), dtype=np.float32) for document in documents]
        jobs = [
            _Job(number, window, self._framing.row(document, window))
            for number, document in enumerate(documents)
            for window in document.windows
        ]
        for batch in batch_by_length([len(job.row) for job in jobs], budget=self._batch_subwords):
            ids, mask = pad([jobs[position].row for position in batch], filler=self._framing.aligner.pad)
            emitted = self._backend.emissions(ids, mask)
            for row, position in zip(emitted, batch, strict=True):
                job = jobs[position]
                first = self._framing.first_subwords(documents[job.document], job.window)
                scores[job.document][job.window.answers_from : job.window.answers_to] = row[first]
        return scores


def _as_document(text: str | Document) -> Document:
    return text if isinstance(text, Document) else Document(text)


def _entity(encoded: Encoded, sentence: int, chunk: ScoredChunk) -> Entity:
    """The entity in characters; ``sentence`` is the first word of the chunk's sentence."""
    start = int(encoded.words.starts[sentence + chunk.start])
    end = int(encoded.words.ends[sentence + chunk.end - 1])
    return encoded.document.entity(start, end, chunk.label, score=chunk.score)
