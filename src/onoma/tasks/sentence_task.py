"""Sentence classification: the label with the highest mean score of the sentence's words.

For an affine head, the mean of the words' scores equals the score of the mean of their hidden states. Therefore the
scores are averaged here, and the model only has to score words, whichever window they are in.

Source: mean pooling as in Reimers and Gurevych 2019, Sentence-BERT, section 3.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.tasks.labelled import LabelPrediction, LabelTask, gold_ranges, label_targets
from onoma.tasks.lattice import softmax
from onoma.tasks.targets import Targets
from onoma.tasks.task import ScoredSpan, SentencePrediction


class SentenceTask(LabelTask):
    """Prediction of a label for each sentence."""

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """See :meth:`onoma.tasks.Task.targets`: all words of each sentence that a gold span touches get its label."""
        return label_targets(encoded, _sentence_ranges(encoded), self.labels, unusable=unusable)

    def settled(self, scores: NDArray[np.floating]) -> int:
        """See :meth:`onoma.tasks.Task.settled`: always 0, because the mean needs all words."""
        del scores
        return 0

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[SentencePrediction]:
        """See :meth:`onoma.tasks.Task.decode`; the score of a span is the probability of the sentence's label."""
        predictions: list[SentencePrediction] = []
        for scores in sentences:
            if not len(scores):
                predictions.append(
                    LabelPrediction(scores, [], probabilities=np.empty((0, len(self.labels))), labels=self.labels)
                )
                continue
            probabilities = softmax(scores.mean(axis=0, keepdims=True, dtype=np.float64))
            best = int(probabilities.argmax())
            span = ScoredSpan(0, len(scores), self.labels[best], float(probabilities[0, best]))
            predictions.append(LabelPrediction(scores, [span], probabilities=probabilities, labels=self.labels))
        return predictions


def _sentence_ranges(encoded: Encoded) -> Iterator[tuple[int, int, str]]:
    """Yield the gold spans, extended to whole sentences, as ranges of words with a label."""
    starts, ends = [start for start, _ in encoded.sentences], [end for _, end in encoded.sentences]
    for first, last, label in gold_ranges(encoded):
        if first >= last:
            yield first, last, label
        else:
            yield starts[bisect_right(starts, first) - 1], ends[bisect_left(ends, last)], label
