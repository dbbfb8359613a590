"""Counts of correct, predicted and gold entities, and the precision, recall and F1 computed from them.

Counts can be added: over documents, over labels, over runs. Metrics are fractions of 1, and a division by 0 gives 0.
This module does not depend on how entities were counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class Figures(Protocol):
    """Interface of values with a precision, a recall and an F1, as fractions of 1."""

    @property
    def precision(self) -> float: ...

    @property
    def recall(self) -> float: ...

    @property
    def f1(self) -> float: ...


def as_fractions(figures: Figures) -> dict[str, float]:
    """Return precision, recall and F1 by name, for output."""
    return {"precision": figures.precision, "recall": figures.recall, "f1": figures.f1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of correct, predicted and gold entities.

    Attributes:
        correct: credit for predicted entities: 1 for an exact match, 0.5 for an overlap where partial matches count.
        predicted: number of predicted entities.
        gold: number of gold entities, also called the support.

    >>> (Counts(correct=1, predicted=2, gold=1) + Counts(correct=1, predicted=1, gold=3)).f1
    0.5714285714285714
    """

    correct: float = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            correct=self.correct + other.correct,
            predicted=self.predicted + other.predicted,
            gold=self.gold + other.gold,
        )

    @property
    def precision(self) -> float:
        """Share of predicted entities that are correct; 0 if nothing was predicted."""
        return ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float:
        """Share of gold entities that were found; 0 if there are no gold entities."""
        return ratio(self.correct, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if both are 0."""
        return ratio(2 * self.correct, self.predicted + self.gold)

    @property
    def support(self) -> int:
        """Number of gold entities."""
        return self.gold


@dataclass(frozen=True, slots=True, kw_only=True)
class Averages:
    """Precision, recall and F1 averaged over labels. ``f1`` is the mean of the F1 scores, not the F1 of the means."""

    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0


def average(counts: Iterable[Counts], *, weighted: bool = False) -> Averages:
    """Average precision, recall and F1 over labels; all are 0 if there are no labels.

    Args:
        counts: counts of each label.
        weighted: whether to weight labels by their support; otherwise all labels have the same weight (macro).
    """
    rows = list(counts)
    weights = [row.support if weighted else 1 for row in rows]
    total_weight = sum(weights)
    if not total_weight:
        return Averages()
    return Averages(
        precision=sum(weight * row.precision for weight, row in zip(weights, rows, strict=True)) / total_weight,
        recall=sum(weight * row.recall for weight, row in zip(weights, rows, strict=True)) / total_weight,
        f1=sum(weight * row.f1 for weight, row in zip(weights, rows, strict=True)) / total_weight,
    )


def ratio(part: float, whole: float) -> float:
    """Return ``part / whole``, or 0 if ``whole`` is 0."""
    return part / whole if whole else 0.0
