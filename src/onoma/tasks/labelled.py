"""Common parts of the tasks that predict one label for each word or for each sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.tasks.limits import checked_labels
from onoma.tasks.targets import NO_SPANS, Targets
from onoma.tasks.task import NO_TARGET, ScoredSpan
from onoma.text import words_touched


class LabelTask:
    """Base class of tasks that predict one label for each word or for each sentence.

    Args:
        labels: labels in the order of the model's scores.

    Raises:
        InputError: there are more than :data:`~onoma.tasks.MAX_LABELS` labels.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = checked_labels(labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the scores of one word: ``(labels,)``."""
        return (len(self.labels),)


def label_targets(
    encoded: Encoded, ranges: Iterator[tuple[int, int, str]], labels: Sequence[str], *, unusable: Counter[str]
) -> Targets:
    """Return the label index of each word as its target; words without a label have ``NO_TARGET``.

    A range is left out if any of its words has a label from an earlier range.

    Args:
        encoded: the document.
        ranges: half-open ranges of words, each with a label.
        labels: labels in the order of the model's scores.
        unusable: counter of the annotations that cannot be used, by reason.
    """
    label_indices = {label: number for number, label in enumerate(labels)}
    word_targets = np.full(len(encoded.words), NO_TARGET, dtype=np.int32)
    for start, end, label in ranges:
        if start >= end:
            unusable["covers no word: left out"] += 1
        elif (word_targets[start:end] != NO_TARGET).any():
            unusable["is a second label of the same words: left out"] += 1
        else:
            word_targets[start:end] = label_indices[label]
    return Targets(word_targets, NO_SPANS)


def gold_ranges(encoded: Encoded) -> Iterator[tuple[int, int, str]]:
    """Yield the half-open range of words that each gold span touches, and its label."""
    starts, ends = encoded.words.starts.tolist(), encoded.words.ends.tolist()
    for span in encoded.document.entities:
        yield *words_touched(starts, ends, span.start, span.end), span.label


class LabelPrediction:
    """A :class:`~onoma.tasks.SentencePrediction` in which each span has exactly one label.

    Args:
        scores: scores of the sentence's words, ``[words, labels]``.
        spans: labelled spans, in order.
        probabilities: probability of each label for each span, ``[spans, labels]``.
        labels: labels in the order of the scores.
    """

    def __init__(
        self,
        scores: NDArray[np.floating],
        spans: Sequence[ScoredSpan],
        *,
        probabilities: NDArray[np.float64],
        labels: tuple[str, ...],
    ) -> None:
        self.scores = scores
        self.spans = spans
        self._probabilities = probabilities
        self._labels = labels

    def probability(self, start: int, end: int, label: str) -> float:
        """See :meth:`onoma.tasks.SentencePrediction.probability`; 0 for ranges that are not one of the spans."""
        index = next((index for index, span in enumerate(self.spans) if (span.start, span.end) == (start, end)), None)
        if index is None or label not in self._labels:
            return 0.0
        return float(self._probabilities[index, self._labels.index(label)])
