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
        shares = softmax(np.concatenate(sentences))
        best = shares.argmax(axis=1)
        scores = shares[np.arange(len(best)), best].tolist()
        labels = [self.labels[number] for number in best.tolist()]
        found: list[SentencePrediction] = []
        first = 0
        for sentence in sentences:
            behind = first + len(sentence)
            spans = [
                ScoredSpan(place, place + 1, label, score)
                for place, (label, score) in enumerate(zip(labels[first:behind], scores[first:behind], strict=True))
            ]
            found.append(LabelPrediction(sentence, spans, shares=shares[first:behind], labels=self.labels))
            first = behind
        return found
