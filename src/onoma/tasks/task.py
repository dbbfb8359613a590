"""Interface of prediction tasks, which convert between documents and scores, independent of the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.tasks.targets import Targets

NO_TARGET = -100
"""Target of positions without a loss: special tokens, all subwords of a word but its first, padding."""


class ScoredSpan(NamedTuple):
    """Words ``[start, end)`` of a sentence with a label and the probability of exactly this span and label."""

    start: int
    end: int
    label: str
    score: float


@runtime_checkable
class SentencePrediction(Protocol):
    """Prediction of a task for one sentence."""

    @property
    def scores(self) -> NDArray[np.floating]:
        """Scores of the sentence's words, ``[words, *shape]``."""

    @property
    def spans(self) -> Sequence[ScoredSpan]:
        """Predicted entities, in order."""

    def probability(self, start: int, end: int, label: str) -> float:
        """Return the probability that exactly the words ``[start, end)`` are an entity with this label.

        For the label ``O``, return the probability that none of these words is in an entity.
        """


@runtime_checkable
class Task(Protocol):
    """A prediction task over the words of documents."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in the order of the model's scores."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the scores of one word, such as ``(tags,)``."""

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """Return the training targets of a document.

        Args:
            encoded: a document with gold entities.
            unusable: counter of the annotations that cannot be used as they are, by reason.
        """

    def settled(self, scores: NDArray[np.floating]) -> int:
        """Return how many words of an incomplete sentence can already be decoded without changing the result.

        Args:
            scores: scores of the sentence's words that have not been decoded yet, ``[words, *shape]``.
        """

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[SentencePrediction]:
        """Decode the scores of sentences.

        Args:
            sentences: logits of each sentence, ``[words, *shape]`` each.
        """
