"""Counts of right, predicted and gold entities, and the figures that follow from them.

Counts add up: over documents, over labels, over runs. Figures are fractions of 1 and nothing divided by nothing is 0.
This module does not know how anything was counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class Figures(Protocol):
    """Whatever has a precision, a recall and an F1, as fractions of 1."""

    @property
    def precision(self) -> float: ...

    @property
    def recall(self) -> float: ...

    @property
    def f1(self) -> float: ...


def as_fractions(figures: Figures) -> dict[str, float]:
    """The three figures by their names, for output."""
    return {"precision": figures.precision, "recall": figures.recall, "f1": figures.f1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many entities were found out of how many.

    Attributes:
        correct: credit for predicted entities, whole where the match is exact and in halves where it may be partial.
        predicted: predicted entities.
        gold: gold entities, also called the support.

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
        """The share of the predicted that is right; 0 where nothing was predicted."""
        return ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float:
        """The share of the gold that was found; 0 where there is no gold."""
        return ratio(self.correct, self.gold)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where both are."""
        return ratio(2 * self.correct, self.predicted + self.gold)

    @property
    def support(self) -> int:
        """Gold entities."""
        return self.gold


@dataclass(frozen=True, slots=True, kw_only=True)
class Averages:
    """Figures averaged over labels. ``f1`` is the mean of F1s, not the F1 of means."""

    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0


def average(counts: Iterable[Counts], *, weighted: bool = False) -> Averages:
    """The average of the figures of several labels; all 0 where there are none.

    Args:
        counts: one for each label.
        weighted: let each label weigh its support; otherwise all weigh the same (macro).
    """
    rows = list(counts)
    weights = [row.support if weighted else 1 for row in rows]
    whole = sum(weights)
    if not whole:
        return Averages()
    return Averages(
        precision=sum(weight * row.precision for weight, row in zip(weights, rows, strict=True)) / whole,
        recall=sum(weight * row.recall for weight, row in zip(weights, rows, strict=True)) / whole,
        f1=sum(weight * row.f1 for weight, row in zip(weights, rows, strict=True)) / whole,
    )


def ratio(part: float, whole: float) -> float:
    """The share, and 0 where there is nothing to share."""
    return part / whole if whole else 0.0
