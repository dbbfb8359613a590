"""Labels of words or of sentences against gold: how many are right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from onoma.text import Entity


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many gold labels were predicted, of how many."""

    correct: int = 0
    total: int = 0

    def __add__(self, other: Accuracy) -> Accuracy:
        return Accuracy(self.correct + other.correct, self.total + other.total)

    @property
    def share(self) -> float:
        """As a fraction of 1; 0 where there is nothing to predict."""
        return self.correct / self.total if self.total else 0.0


def label_accuracy(gold: Sequence[Entity], predicted: Sequence[Entity]) -> Accuracy:
    """Compare the labels of a document: each gold span with the predicted one in which it begins, or else the next.

    Args:
        gold: the gold labels.
        predicted: the predicted ones, in order and without overlap.
    """
    ends = [span.end for span in predicted]
    correct = 0
    for span in gold:
        place = bisect_right(ends, span.start)
        found = predicted[place] if place < len(predicted) else None
        correct += found is not None and found.start < span.end and found.label == span.label
    return Accuracy(correct, len(gold))
