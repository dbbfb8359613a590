"""Text to entities, over any backend: the one way for commands, training's evaluation and servers.

Everything flows: documents are read a little ahead, windows of similar length put together, batches handed to the
backend as it asks for them, and scores decoded as soon as a sentence is whole. So a backend may run while the next
documents are prepared, and a long text needs memory for its words but not for their scores.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby, islice

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import Bundle
from onoma.encoding import Encoded, Window, Windower, batch_by_length, pad
from onoma.runtime import Backend
from onoma.tasks import Decoder, ScoredChunk
from onoma.text import Document, Entity

_LOOKAHEAD_CHARACTERS = 100_000
_LOOKAHEAD_DOCUMENTS = 512
_LOOKAHEAD_WINDOWS = 512

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Padded ids and their mask, as :meth:`Backend.logits` takes them."""
Run = Callable[[Iterable[Batch]], Iterator[NDArray[np.float32]]]
"""Logits of batches, in their order."""


class Tagger:
    """Finds the entities of texts.

    Args:
        bundle: what the tags mean and how texts are cut.
        backend: what runs the model. Where it has a method ``logits_many``, from batches to their logits in
            order, texts of more than one batch go through that, and the mask has a 2 where a subword's scores are read.
        batch_subwords: subwords of one padded batch at most; it decides speed and memory, never an answer.
    """

    def __init__(self, bundle: Bundle, backend: Backend, *, batch_subwords: int = 1024) -> None:
        self.bundle = bundle
        self._backend = backend
        self._batch_subwords = batch_subwords
        self._windower = bundle.windower()
        self._decoder = bundle.decoder()
        self._run_many: Run = getattr(backend, "logits_many", self._run_each)

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types that it can find."""
        return self.bundle.labels

    def tag(self, text: str | Document) -> Document:
        """The text as a document with its entities; a document's words and sentences are used where it has them."""
        document = _as_document(text)
        one_batch = len(document.text) < self._batch_subwords
        (tagged,) = self._tagged([document], run=self._run_each if one_batch else self._run_many)
        return tagged

    def tag_many(self, texts: Iterable[str | Document]) -> Iterator[Document]:
        """Tag a stream in its order; some 100,000 characters are read ahead, so that similar lengths share batches."""
        return self._tagged(map(_as_document, texts), run=self._run_many)

    def _tagged(self, documents: Iterable[Document], *, run: Run) -> Iterator[Document]:
        stretches: deque[_Stretch] = deque()
        under_way: deque[tuple[_Stretch, list[int]]] = deque()

        def batches() -> Iterator[Batch]:
            for jobs in _runs(self._jobs(documents), size=_LOOKAHEAD_WINDOWS):
                stretch = _Stretch.of(jobs, tags=len(self._decoder.tags))
                stretches.append(stretch)
                for batch in batch_by_length([job.length for job in jobs], budget=self._batch_subwords):
                    under_way.append((stretch, batch))
                    yield self._batch([jobs[position] for position in batch], marked=run != self._run_each)

        for emitted in run(batches()):
            stretch, batch = under_way.popleft()
            stretch.take(batch, emitted, self._windower)
            if not stretch.missing:
                yield from self._read(stretches.popleft())

    def _batch(self, jobs: list[_Job], *, marked: bool) -> Batch:
        """The padded windows; ``marked`` where the mask is to say, by a 2, which subwords will be read."""
        rows = [self._windower.row(job.reading.encoded, job.window) for job in jobs]
        ids, mask = pad(rows, filler=self._windower.subword_encoder.pad)
        if marked:
            for place, job in zip(mask, jobs, strict=True):
                place[self._windower.first_subwords(job.reading.encoded, job.window)] = 2
        return ids, mask

    def _run_each(self, batches: Iterable[Batch]) -> Iterator[NDArray[np.float32]]:
        return (self._backend.logits(ids, mask) for ids, mask in batches)

    def _jobs(self, documents: Iterable[Document]) -> Iterator[_Job]:
        """The windows of a stream of documents."""
        framed = len(self._windower.subword_encoder.prefix) + len(self._windower.subword_encoder.suffix)
        for together in _together(documents):
            for encoded in self._windower.encode(together):
                reading = _Reading(encoded, len(self._decoder.tags))
                for window in encoded.windows or (_EMPTY,):
                    bounds = encoded.subwords.bounds
                    yield _Job(reading, window, framed + int(bounds[window.end] - bounds[window.start]))

    def _told(self, found: list[Entity], encoded: Encoded, first: int, scores: NDArray[np.float32]) -> Iterable[Entity]:
        """What is told of a sentence, given its entities, its first word and its tag scores, ``[words, tags]``."""
        del encoded, first, scores
        return found

    def _read(self, stretch: _Stretch) -> Iterator[Document]:
        """Decode what is whole; the documents that this ends."""
        sentences = [
            (reading, first, scores)
            for reading, scored in stretch.documents()
            for first, scores in reading.sentences(scored, self._decoder)
        ]
        decoded = self._decoder.decode([scores for _, _, scores in sentences])
        for (reading, first, scores), chunks in zip(sentences, decoded, strict=True):
            found = [_entity(reading.encoded, first, chunk) for chunk in chunks]
            reading.entities += self._told(found, reading.encoded, first, scores)
        for reading, _ in stretch.documents():
            if reading.word == len(reading.encoded.words):
                yield reading.encoded.document.with_entities(reading.entities)


class _Reading:
    """A document on its way: what was found, and the scores of words whose sentence has not ended."""

    def __init__(self, encoded: Encoded, tags: int) -> None:
        self.encoded = encoded
        self.entities: list[Entity] = []
        self.word = 0
        """The first one that was not decoded."""
        self._sentence = 0
        self._waiting = np.empty((0, tags), dtype=np.float32)

    def sentences(self, scores: NDArray[np.float32], decoder: Decoder) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Take the scores of the next words.

        Yields:
            Sentences that are whole now, and parts of one that is very long: the first word and the scores.
        """
        if len(self._waiting):
            scores = np.concatenate([self._waiting, scores])
        reached = self.word + len(scores)
        for _, end in islice(self.encoded.sentences, self._sentence, None):
            if end > reached:
                break
            yield self.word, scores[: end - self.word]
            scores = scores[end - self.word :]
            self.word = end
            self._sentence += 1
        settled = decoder.settled(scores)
        if settled:
            yield self.word, scores[:settled]
            self.word += settled
        self._waiting = scores[settled:].copy()


@dataclass(frozen=True, slots=True)
class _Job:
    """A window of a document; ``length`` in subwords, special tokens included."""

    reading: _Reading
    window: Window
    length: int


_EMPTY = Window(0, 0, 0, 0)
"""What stands for a document without words, so that it keeps its place in the stream."""


@dataclass(slots=True)
class _Stretch:
    """Windows, in order, that share batches.

    Attributes:
        jobs: the windows.
        firsts: where in ``scores`` each one's words begin, and their end, ``[jobs + 1]``.
        scores: of the words that the windows answer for, ``[words, tags]``.
        missing: windows whose scores are yet to come.
    """

    jobs: list[_Job]
    firsts: list[int]
    scores: NDArray[np.float32]
    missing: int

    @classmethod
    def of(cls, jobs: list[_Job], *, tags: int) -> _Stretch:
        answered = (job.window.core_end - job.window.core_start for job in jobs)
        firsts = list(accumulate(answered, initial=0))
        return cls(jobs, firsts, np.empty((firsts[-1], tags), dtype=np.float32), len(jobs))

    def take(self, batch: list[int], emitted: NDArray[np.float32], windower: Windower) -> None:
        """Keep the scores of a batch's words."""
        for position, row in zip(batch, emitted, strict=True):
            job = self.jobs[position]
            first = windower.first_subwords(job.reading.encoded, job.window)
            self.scores[self.firsts[position] : self.firsts[position + 1]] = row[first]
        self.missing -= len(batch)

    def documents(self) -> Iterator[tuple[_Reading, NDArray[np.float32]]]:
        """The documents and the scores of such of their words as are here."""
        end = 0
        for reading, jobs in groupby(self.jobs, key=lambda job: job.reading):
            start, end = end, end + sum(1 for _ in jobs)
            yield reading, self.scores[self.firsts[start] : self.firsts[end]]


def _together(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Some documents at once, not more than are needed to have windows of every length."""
    waiting: list[Document] = []
    characters = 0
    for document in documents:
        waiting.append(document)
        characters += len(document.text)
        if characters >= _LOOKAHEAD_CHARACTERS or len(waiting) >= _LOOKAHEAD_DOCUMENTS:
            yield waiting
            waiting, characters = [], 0
    if waiting:
        yield waiting


def _runs(jobs: Iterable[_Job], *, size: int) -> Iterator[list[_Job]]:
    """Runs of so many; the last one may be shorter."""
    jobs = iter(jobs)
    while run := list(islice(jobs, size)):
        yield run


def _as_document(text: str | Document) -> Document:
    return text if isinstance(text, Document) else Document(text)


def _entity(encoded: Encoded, sentence: int, chunk: ScoredChunk) -> Entity:
    """The entity in characters; ``sentence`` is the first word of the chunk's sentence."""
    start = int(encoded.words.starts[sentence + chunk.start])
    end = int(encoded.words.ends[sentence + chunk.end - 1])
    return encoded.document.entity(start, end, chunk.label, score=chunk.score)
