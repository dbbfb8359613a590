"""Text to entities, over any backend: the one way for commands, training's evaluation and servers.

Everything is a stream: documents are read a little ahead, windows of similar length put together, batches handed to the
backend as it asks for them, and scores decoded as soon as a sentence is whole. So a backend may run while the next
documents are prepared, and a long text needs memory for its words but not for their scores.
"""

from __future__ import annotations

import reprlib
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import ENTITIES, Bundle
from onoma.encoding import Encoded, Window, Windower, batch_by_length, pad
from onoma.errors import InputError
from onoma.runtime import Backend, PaddedBatch
from onoma.tasks import ScoredSpan, SentencePrediction, Task
from onoma.text import Document, Entity, Span, half_pair, words_touched

_LOOKAHEAD_CHARACTERS = 100_000
_LOOKAHEAD_DOCUMENTS = 512
_LOOKAHEAD_WINDOWS = 512


class Tagger:
    """Finds the entities of texts.

    One that was loaded from a folder can be copied and sent to other processes: each copy loads the model again.

    Args:
        bundle: what is predicted and how texts are cut.
        backend: what runs the model.
        batch_subwords: subwords of one padded batch at most; it decides speed and memory, never an answer.
        structure: whether raw text is looked through for units and spellings; see :func:`onoma.load`.
        reload: loads the same tagger again, also in another process; None where it was not loaded from a folder.
    """

    def __init__(
        self,
        bundle: Bundle,
        backend: Backend,
        *,
        batch_subwords: int = 1024,
        structure: bool = True,
        reload: Callable[[], Tagger] | None = None,
    ) -> None:
        self.bundle = bundle
        self._reload = reload
        self._backend = backend
        self._batch_subwords = batch_subwords
        self._windower = bundle.windower(structure=structure)
        self._task: Task = bundle.task()

    def __reduce__(self) -> tuple[Callable[[], Tagger], tuple[()]]:
        if self._reload is None:
            raise InputError(
                "this tagger was not loaded from a folder, so it cannot be pickled or copied; "
                "load the model with onoma.load, where the copy can load it too"
            )
        return self._reload, ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types that it can find."""
        return self.bundle.labels

    def tag(self, text: str | Document) -> Document:
        """The text as a document with its entities; a document's words and sentences are used where it has them.

        Raises:
            InputError: it is no text, or has half of a surrogate pair.
        """
        (read,) = self._read_many([_as_document(text)], keep=False)
        return read.document

    def tag_many(self, texts: Iterable[str | Document]) -> Iterator[Document]:
        """Tag a stream in its order; some 100,000 characters are read ahead, so that similar lengths share batches.

        Raises:
            InputError: one of the texts is none, or has half of a surrogate pair; says which, counted from 1. This, and
                what the stream itself raises, comes behind the documents that were read before.
        """
        return (read.document for read in self._read_many(_as_documents(texts), keep=False))

    def read_many(self, texts: Iterable[str | Document]) -> Iterator[DocumentPrediction]:
        """Tag a stream, and keep the scores of each document: for the probability of any span with any label.

        Raises:
            InputError: as :meth:`tag_many`.
        """
        return self._read_many(_as_documents(texts), keep=True)

    def _read_many(self, documents: Iterable[Document], *, keep: bool) -> Iterator[DocumentPrediction]:
        source = _UntilError(documents)
        stretches: deque[_Stretch] = deque()
        under_way: deque[tuple[_Stretch, list[_Row]]] = deque()

        def batches() -> Iterator[PaddedBatch]:
            for jobs in _runs(self._jobs(source, keep=keep), size=_LOOKAHEAD_WINDOWS):
                stretch = _Stretch.of(jobs, shape=self._task.shape)
                stretches.append(stretch)
                rows = [
                    _Row(position, self._windower.row(job.reader.encoded, window, second=second), window, second)
                    for position, job in enumerate(jobs)
                    for window, second in ((job.window, False), (job.window.second, True))
                    if window is not None
                ]
                stretch.missing = len(rows)
                for batch in batch_by_length([len(row.ids) for row in rows], budget=self._batch_subwords):
                    chosen = [rows[number] for number in batch]
                    under_way.append((stretch, chosen))
                    yield self._batch(jobs, chosen)

        for scores in self._backend.run(batches()):
            stretch, batch = under_way.popleft()
            stretch.take(batch, scores[ENTITIES], self._windower)
            if not stretch.missing:
                yield from self._decoded(stretches.popleft())
        if source.error is not None:
            raise source.error

    def _batch(self, jobs: list[_DocumentWindow], rows: list[_Row]) -> PaddedBatch:
        ids, mask = pad([row.ids for row in rows], filler=self._windower.subword_encoder.pad)
        wanted = np.zeros(ids.shape, dtype=bool)
        for places, row in zip(wanted, rows, strict=True):
            encoded = jobs[row.position].reader.encoded
            places[self._windower.first_subwords(encoded, row.window, second=row.second)] = True
        return PaddedBatch(ids, mask, wanted)

    def _jobs(self, documents: Iterable[Document], *, keep: bool) -> Iterator[_DocumentWindow]:
        """The windows of a stream of documents."""
        for together in _together(documents):
            for encoded in self._windower.encode(together):
                reader = _DocumentInProgress(encoded, self._task, keep=keep)
                for window in encoded.windows or (_EMPTY,):
                    yield _DocumentWindow(reader, window)

    def _decoded(self, stretch: _Stretch) -> Iterator[DocumentPrediction]:
        """Decode the sentences that are whole; the documents that this completes."""
        sentences = [
            (reader, first, scores)
            for reader, scored in stretch.documents()
            for first, scores in reader.sentences(scored)
        ]
        readings = self._task.decode([scores for _, _, scores in sentences])
        for (reader, first, _), reading in zip(sentences, readings, strict=True):
            reader.take(first, reading)
        for reader, _ in stretch.documents():
            if reader.word == len(reader.encoded.words):
                yield reader.result()


@dataclass(frozen=True, slots=True, eq=False)
class DocumentPrediction:
    """A tagged document and, where they were kept, the readings of its sentences.

    Attributes:
        document: with the predicted entities.
        encoded: the words that were read.
        sentences: the first word of each sentence, or of each part of a very long one, and its reading.
    """

    document: Document
    encoded: Encoded
    sentences: tuple[tuple[int, SentencePrediction], ...] = ()

    def decoded_by(self, task: Task) -> Document:
        """The document as another task reads the same scores, such as one with another calibration."""
        readings = task.decode([reading.scores for _, reading in self.sentences])
        return self.encoded.document.with_entities(
            entity_of(self.encoded, first, span)
            for (first, _), reading in zip(self.sentences, readings, strict=True)
            for span in reading.spans
        )

    def probability(self, span: Span, label: str) -> float | None:
        """How probable it is that the words which a span touches are an entity of this label; None across sentences.

        For the label ``O``: that none of these words is in an entity.
        """
        words = self.encoded.words
        start, end = words_touched(words.starts, words.ends, span.start, span.end)
        place = bisect_right(self.sentences, start, key=lambda sentence: sentence[0]) - 1
        if start >= end or place < 0:
            return None
        first, reading = self.sentences[place]
        behind = self.sentences[place + 1][0] if place + 1 < len(self.sentences) else len(words)
        return reading.probability(start - first, end - first, label) if end <= behind else None


class _UntilError:
    """A stream of documents up to where its source fails, and the error: what was read before it is still tagged."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.error: Exception | None = None
        self._documents = documents

    def __iter__(self) -> Iterator[Document]:
        try:
            yield from self._documents
        except Exception as error:
            self.error = error


class _DocumentInProgress:
    """A document on its way: what was found, and the scores of words whose sentence has not ended."""

    def __init__(self, encoded: Encoded, task: Task, *, keep: bool) -> None:
        self.encoded = encoded
        self.word = 0
        """The first one that was not decoded."""
        self._task = task
        self._keep = keep
        self._entities: list[Entity] = []
        self._readings: list[tuple[int, SentencePrediction]] = []
        self._sentence = 0
        self._waiting = np.empty((0, *task.shape), dtype=np.float32)

    def sentences(self, scores: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
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
        settled = self._task.settled(scores)
        if settled:
            yield self.word, scores[:settled]
            self.word += settled
        self._waiting = scores[settled:].copy()

    def take(self, first: int, reading: SentencePrediction) -> None:
        """Add what was read of the sentence that begins with a word."""
        self._entities += [entity_of(self.encoded, first, span) for span in reading.spans]
        if self._keep:
            self._readings.append((first, reading))

    def result(self) -> DocumentPrediction:
        """The document, all of whose sentences were read."""
        document = self.encoded.document.with_entities(self._entities)
        return DocumentPrediction(document, self.encoded, tuple(self._readings))


def entity_of(encoded: Encoded, first: int, span: ScoredSpan) -> Entity:
    """The entity of a span in words of the sentence that begins with the word ``first``."""
    start, end = encoded.words.starts[first + span.start], encoded.words.ends[first + span.end - 1]
    return encoded.document.entity(int(start), int(end), span.label, score=span.score)


@dataclass(frozen=True, slots=True)
class _DocumentWindow:
    """A window of a document."""

    reader: _DocumentInProgress
    window: Window


class _Row(NamedTuple):
    """The subword ids of one of some windows, or of the part of it that is read a second time."""

    position: int
    ids: NDArray[np.int32]
    window: Window
    second: bool


_EMPTY = Window(0, 0, 0, 0)
"""Placeholder for a document without words, so that it keeps its place in the stream."""


@dataclass(slots=True)
class _Stretch:
    """Windows, in order, that share batches.

    Attributes:
        jobs: the windows.
        firsts: where in ``scores`` each one's words begin, and their end, ``[jobs + 1]``.
        scores: of the words in the cores of the windows, ``[words, *shape]``; of two readings the mean.
        missing: rows whose scores are yet to come.
    """

    jobs: list[_DocumentWindow]
    firsts: list[int]
    scores: NDArray[np.float32]
    missing: int = 0

    @classmethod
    def of(cls, jobs: list[_DocumentWindow], *, shape: tuple[int, ...]) -> _Stretch:
        answered = (job.window.core_end - job.window.core_start for job in jobs)
        firsts = list(accumulate(answered, initial=0))
        return cls(jobs, firsts, np.zeros((firsts[-1], *shape), dtype=np.float32))

    def take(self, rows: list[_Row], scores: NDArray[np.float32], windower: Windower) -> None:
        """Keep the scores of a batch's words."""
        for row, own in zip(rows, scores, strict=True):
            job = self.jobs[row.position]
            read = own[windower.first_subwords(job.reader.encoded, row.window, second=row.second)]
            if again := job.window.second:
                read[again.core_start - row.window.core_start : again.core_end - row.window.core_start] /= 2
            first = self.firsts[row.position] + row.window.core_start - job.window.core_start
            self.scores[first : first + len(read)] += read
        self.missing -= len(rows)

    def documents(self) -> Iterator[tuple[_DocumentInProgress, NDArray[np.float32]]]:
        """The documents and the scores of such of their words as are here."""
        end = 0
        for reader, jobs in groupby(self.jobs, key=lambda job: job.reader):
            start, end = end, end + sum(1 for _ in jobs)
            yield reader, self.scores[self.firsts[start] : self.firsts[end]]


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


def _runs(jobs: Iterable[_DocumentWindow], *, size: int) -> Iterator[list[_DocumentWindow]]:
    """Runs of so many; the last one may be shorter."""
    jobs = iter(jobs)
    while run := list(islice(jobs, size)):
        yield run


def _as_documents(texts: Iterable[str | Document]) -> Iterator[Document]:
    """Each text as a document; what is no stream of texts is refused at once, and not when it is read."""
    try:
        stream = None if isinstance(texts, str | bytes) else iter(texts)
    except TypeError:
        stream = None
    if stream is None:
        one = "; for one text there is tag" if isinstance(texts, str | Document) else ""
        raise InputError(f"expected an iterable of texts, such as a list, got {_shown(texts)}{one}")
    return (_as_document(text, where=f"text {number}: ") for number, text in enumerate(stream, start=1))


def _as_document(text: str | Document, *, where: str = "") -> Document:
    document = Document(text) if isinstance(text, str) else text
    if not isinstance(document, Document):
        raise InputError(f"{where}expected a text or a Document, got {_shown(text)}")
    if not isinstance(document.text, str):
        raise InputError(f"{where}expected a text or a Document, got Document with the text {_shown(document.text)}")
    if why := half_pair(document.text):
        raise InputError(f"{where}{why}")
    return document


def _shown(value: object) -> str:
    """A value that is no text, for a message."""
    if value is None:
        return "None"
    advice = "; decode it first" if isinstance(value, bytes) else ""
    return f"{type(value).__name__} {reprlib.repr(value)}{advice}"
