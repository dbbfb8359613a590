"""Label accuracy of tasks that label words or sentences."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from onoma.text import Entity


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Number of correctly predicted gold labels, and number of gold labels."""

    correct: int = 0
    total: int = 0

    def __add__(self, other: Accuracy) -> Accuracy:
        return Accuracy(self.correct + other.correct, self.total + other.total)

    @property
    def share(self) -> float:
        """Accuracy as a fraction of 1; 0 if there are no gold labels."""
        return self.correct / self.total if self.total else 0.0


def label_accuracy(gold: Sequence[Entity], predicted: Sequence[Entity]) -> Accuracy:
    """Count the gold labels of a document that were predicted correctly.

    Each gold span is compared with the predicted span that contains its start or, if there is none, with the next one.
    Its label is correct if the two spans overlap and have the same label.

    Args:
        gold: gold spans with their labels.
        predicted: predicted spans with their labels, in order and without overlap.
    """
    ends = [span.end for span in predicted]
    correct = 0
    for span in gold:
        index = bisect_right(ends, span.start)
        candidate = predicted[index] if index < len(predicted) else None
        correct += candidate is not None and candidate.start < span.end and candidate.label == span.label
    return Accuracy(correct, len(gold))
