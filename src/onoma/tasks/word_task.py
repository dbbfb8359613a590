"""Prediction of the most likely label of each word, such as its part of speech."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.tasks.labelled import LabelPrediction, LabelTask, gold_ranges, label_targets
from onoma.tasks.lattice import softmax
from onoma.tasks.targets import Targets
from onoma.tasks.task import ScoredSpan, SentencePrediction


class WordTask(LabelTask):
    """Prediction of a label for each word."""

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """See :meth:`onoma.tasks.Task.targets`; each word of a gold span gets the label of the span."""
        return label_targets(encoded, gold_ranges(encoded), self.labels, unusable=unusable)

    def settled(self, scores: NDArray[np.floating]) -> int:
        """See :meth:`onoma.tasks.Task.settled`: all words, because they are decoded independently."""
        return len(scores)

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[SentencePrediction]:
        """See :meth:`onoma.tasks.Task.decode`; the score of a span is the probability of the word's label."""
        if not sentences:
            return []
        probabilities = softmax(np.concatenate(sentences))
        best = probabilities.argmax(axis=1)
        scores = probabilities[np.arange(len(best)), best].tolist()
        labels = [self.labels[number] for number in best.tolist()]
        predictions: list[SentencePrediction] = []
        start = 0
        for sentence in sentences:
            end = start + len(sentence)
            spans = [
                ScoredSpan(position, position + 1, label, score)
                for position, (label, score) in enumerate(zip(labels[start:end], scores[start:end], strict=True))
            ]
            predictions.append(
                LabelPrediction(sentence, spans, probabilities=probabilities[start:end], labels=self.labels)
            )
            start = end
        return predictions
