"""What is predicted: the interface between scores and documents. A task knows its labels, not how scores come about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.tasks.targets import Targets

NO_TARGET = -100
"""Stands in targets where no loss is taken: special tokens, later subwords, padding."""


class ScoredSpan(NamedTuple):
    """Words ``[start, end)`` of a sentence with a label and the probability of just this span and label."""

    start: int
    end: int
    label: str
    score: float


@runtime_checkable
class SentencePrediction(Protocol):
    """What a task reads out of one sentence's scores."""

    @property
    def scores(self) -> NDArray[np.floating]:
        """The scores, ``[words, *shape]``."""

    @property
    def spans(self) -> Sequence[ScoredSpan]:
        """The predicted entities in order."""

    def probability(self, start: int, end: int, label: str) -> float:
        """How probable it is that just the words ``[start, end)`` are an entity of this label.

        For the label ``O``: that none of these words is in an entity.
        """


@runtime_checkable
class Task(Protocol):
    """What is predicted for each word."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types, in the order of the model's scores."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one word's scores, such as ``(tags,)``."""

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """What the model is to predict in a document.

        Args:
            encoded: a document with gold entities.
            unusable: counts, by reason, the annotations that cannot be used as they are.
        """

    def settled(self, scores: NDArray[np.floating]) -> int:
        """How many words of a sentence whose end is yet to come can be decoded now without changing an answer.

        Args:
            scores: those of the words of the sentence that were not decoded yet, ``[words, *shape]``.
        """

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[SentencePrediction]:
        """Read sentences.

        Args:
            sentences: scores before any softmax, each ``[words, *shape]``.
        """
