"""Predictions for a document: while its windows are being scored, and when all of them are."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import ENTITIES
from onoma.encoding import Encoded
from onoma.tasks import ScoredSpan, SentencePrediction, Task
from onoma.text import Document, Entity, Span, words_touched


@dataclass(frozen=True, slots=True, eq=False)
class DocumentPrediction:
    """A tagged document and, if they were kept, the entity predictions with scores for its sentences.

    Attributes:
        document: document with the predicted entities, and the layers of the other tasks.
        encoded: encoded document, with the words that were read.
        sentences: position of the first word of each sentence, or of each part of a very long one, and its prediction.
    """

    document: Document
    encoded: Encoded
    sentences: tuple[tuple[int, SentencePrediction], ...] = ()

    def decoded_by(self, task: Task) -> Document:
        """Return the document with the entities that another task decodes from the same scores.

        Args:
            task: task that decodes the scores, such as one with another calibration.
        """
        predictions = task.decode([prediction.scores for _, prediction in self.sentences])
        return self.encoded.document.with_entities(
            entity_of(self.encoded, first, span)
            for (first, _), prediction in zip(self.sentences, predictions, strict=True)
            for span in prediction.spans
        )

    def probability(self, span: Span, label: str) -> float | None:
        """Return the probability that the words touched by a span are an entity with the given label.

        For the label ``O``, this is the probability that none of these words is in an entity. The result is None if the
        span touches no word or crosses a sentence boundary.
        """
        words = self.encoded.words
        start, end = words_touched(words.starts, words.ends, span.start, span.end)
        index = bisect_right(self.sentences, start, key=lambda sentence: sentence[0]) - 1
        if start >= end or index < 0:
            return None
        first, prediction = self.sentences[index]
        sentence_end = self.sentences[index + 1][0] if index + 1 < len(self.sentences) else len(words)
        return prediction.probability(start - first, end - first, label) if end <= sentence_end else None


class DocumentInProgress:
    """A document that is being tagged, with one layer per task name."""

    def __init__(self, encoded: Encoded, tasks: Mapping[str, Task], *, keep: bool) -> None:
        self.encoded = encoded
        self.layers = {
            name: LayerInProgress(encoded, task, keep=keep and name == ENTITIES) for name, task in tasks.items()
        }

    @property
    def is_complete(self) -> bool:
        """Whether all words have been decoded by all tasks."""
        words = len(self.encoded.words)
        return all(layer.word == words for layer in self.layers.values())

    def result(self) -> DocumentPrediction:
        """Return the prediction; all words must have been decoded."""
        other_layers = dict(self.layers)
        entities = other_layers.pop(ENTITIES, None)
        document = self.encoded.document.with_entities(() if entities is None else entities.spans)
        if other_layers:
            document = document.with_layers({name: layer.spans for name, layer in other_layers.items()})
        return DocumentPrediction(document, self.encoded, () if entities is None else tuple(entities.sentences))


class LayerInProgress:
    """Predictions of one task for a document, and the scores of words whose sentence is not complete yet."""

    def __init__(self, encoded: Encoded, task: Task, *, keep: bool) -> None:
        self.encoded = encoded
        self.word = 0
        """Position of the first word that has not been decoded yet."""
        self.spans: list[Entity] = []
        self.sentences: list[tuple[int, SentencePrediction]] = []
        """Position of the first word of each sentence and its prediction, if predictions are kept."""
        self._task = task
        self._keeps_predictions = keep
        self._next_sentence = 0
        self._pending_scores = np.empty((0, *task.shape), dtype=np.float32)

    def complete_sentences(self, scores: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Add the scores of the next words.

        Yields:
            The position of the first word, and the scores, of each sentence that is now complete and of a part of an
            incomplete one that can be decoded already.
        """
        if len(self._pending_scores):
            scores = np.concatenate([self._pending_scores, scores])
        scored_end = self.word + len(scores)
        for _, end in islice(self.encoded.sentences, self._next_sentence, None):
            if end > scored_end:
                break
            yield self.word, scores[: end - self.word]
            scores = scores[end - self.word :]
            self.word = end
            self._next_sentence += 1
        settled = self._task.settled(scores)
        if settled:
            yield self.word, scores[:settled]
            self.word += settled
        self._pending_scores = scores[settled:].copy()

    def add(self, first: int, prediction: SentencePrediction) -> None:
        """Add the prediction for the sentence that begins with the word ``first``."""
        self.spans += [entity_of(self.encoded, first, span) for span in prediction.spans]
        if self._keeps_predictions:
            self.sentences.append((first, prediction))


def entity_of(encoded: Encoded, first: int, span: ScoredSpan) -> Entity:
    """Return the entity for a span of words in the sentence that begins with the word ``first``."""
    start, end = encoded.words.starts[first + span.start], encoded.words.ends[first + span.end - 1]
    return encoded.document.entity(int(start), int(end), span.label, score=span.score)
