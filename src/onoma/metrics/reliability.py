"""Scores of predicted entities, and whether each was right -> what the scores are worth, and which threshold to set.

A score is reliable where, of the entities that score 0.8, eight in ten are right. Right means an exact match: the same
bounds and label. What was not predicted has no score and plays no part here, except in recall.

Source: expected calibration error, Naeini et al. 2015, with bins of equal mass as in Nixon et al. 2019
(https://arxiv.org/abs/1904.01685); Brier 1950.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.metrics.align import Aligned
from onoma.metrics.counting import matches
from onoma.metrics.counts import ratio

Wanted = Literal["precision", "recall"]
"""What a threshold can be chosen by."""

BINS = 10

_SUREST = 1e-6
"""Scores are held this far from 0 and 1 where a logarithm is taken, so that one sure mistake is not endless."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Predicted entities of one label or of all, the highest score first.

    Attributes:
        scores: ``[entities]``, fractions of 1.
        correct: ``[entities]``, whether each is an exact match.
        gold: how many gold entities there are.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]
    gold: int

    @classmethod
    def of(cls, pairs: Iterable[Aligned], *, label: str | None = None) -> Scored:
        """Gather what has a score, of one label or of all."""
        found: list[tuple[float, bool]] = []
        gold = 0
        for pair in pairs:
            gold += sum(label in (None, mention.label) for mention in pair.gold)
            left = Counter(matches(pair.gold, pair.predicted))
            for mention, score in zip(pair.predicted, pair.scores, strict=True):
                right = left[mention] > 0
                left[mention] -= right
                if score is not None and label in (None, mention.label):
                    found.append((score, right))
        found.sort(key=lambda each: -each[0])
        return cls(np.asarray([score for score, _ in found]), np.asarray([right for _, right in found], bool), gold)

    def log_loss(self) -> float:
        """The mean negative logarithm of what was given to what came true; 0 without entities."""
        if not len(self.scores):
            return 0.0
        scores = self.scores.clip(_SUREST, 1 - _SUREST)
        return float(-np.log(np.where(self.correct, scores, 1 - scores)).mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Predicted entities of neighbouring scores: how many, their mean score, and the share that is right."""

    entities: int
    score: float
    correct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What scores are worth.

    Attributes:
        ece: expected calibration error, the mean over entities of their bin's ``|score - correct|``.
        ece_by_chance: what it would be on average for as many entities if their scores were true, in a normal
            approximation; less than this cannot be expected of any model.
        brier: the mean squared difference of a score from what came true, 1 or 0.
        log_loss: the mean negative logarithm of what was given to what came true.
        bins: of as many entities each as can be, the lowest scores first.
    """

    ece: float
    ece_by_chance: float
    brier: float
    log_loss: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is left when entities that score less than ``threshold`` are dropped."""

    threshold: float
    precision: float
    recall: float

    def to_json(self) -> dict[str, float]:
        """Plain values for :func:`json.dumps`."""
        return asdict(self)


def reliability(scored: Scored, *, bins: int = BINS) -> Reliability | None:
    """The table and its summaries; None where no predicted entity has a score."""
    entities = len(scored.scores)
    if not entities:
        return None
    upwards = np.array_split(np.arange(entities)[::-1], min(bins, entities))
    rows = tuple(
        Bin(entities=len(of), score=float(scored.scores[of].mean()), correct=float(scored.correct[of].mean()))
        for of in upwards
    )
    return Reliability(
        bins=rows,
        ece=sum(row.entities * abs(row.score - row.correct) for row in rows) / entities,
        ece_by_chance=math.sqrt(2 / math.pi) * sum(map(_deviation, (scored.scores[of] for of in upwards))) / entities,
        brier=float(((scored.scores - scored.correct) ** 2).mean()),
        log_loss=scored.log_loss(),
    )


def _deviation(scores: NDArray[np.float64]) -> float:
    """The standard deviation of how many are right, where each is right as often as its score says."""
    return math.sqrt(float((scores * (1 - scores)).sum()))


def threshold_curve(scored: Scored) -> tuple[Point, ...]:
    """Precision and recall at every threshold that makes a difference, the highest first."""
    if not len(scored.scores):
        return ()
    found = scored.correct.cumsum()
    last = np.flatnonzero(np.append(scored.scores[:-1] != scored.scores[1:], True))
    return tuple(
        Point(
            threshold=float(scored.scores[index]),
            precision=float(found[index] / (index + 1)),
            recall=ratio(float(found[index]), scored.gold),
        )
        for index in last
    )


def choose_threshold(curve: Sequence[Point], *, wanted: float, of: Wanted) -> Point | None:
    """The threshold that reaches a precision at the best recall, or a recall at the best precision; None if none does.

    Args:
        curve: from :func:`threshold_curve`.
        wanted: fraction of 1.
        of: what is wanted.
    """
    good = [point for point in curve if getattr(point, of) >= wanted]
    other = "recall" if of == "precision" else "precision"
    return max(good, key=lambda point: (getattr(point, other), point.threshold), default=None)
