"""Reliability (calibration) of the scores of predicted entities, and the choice of a threshold.

Scores are reliable if, for example, 80 % of the entities with a score of 0.8 are correct. Correct means an exact match:
the same boundaries and label. Entities that were not predicted have no score and only affect recall.

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

TargetMetric = Literal["precision", "recall"]
"""Metric by which a threshold can be chosen."""

BINS = 10

_EPSILON = 1e-6
"""Minimum distance of scores from 0 and 1 where a logarithm is taken, so that the loss is always finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Predicted entities of one label or of all labels, by descending score.

    Attributes:
        scores: ``[entities]``, fractions of 1.
        correct: ``[entities]``, whether each is an exact match.
        gold: number of gold entities.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]
    gold: int

    @classmethod
    def of(cls, pairs: Iterable[Aligned], *, label: str | None = None) -> Scored:
        """Collect the predicted entities that have a score, of one label or of all labels (None)."""
        outcomes: list[tuple[float, bool]] = []
        gold = 0
        for pair in pairs:
            gold += sum(label in (None, mention.label) for mention in pair.gold)
            remaining = Counter(matches(pair.gold, pair.predicted))
            for mention, score in zip(pair.predicted, pair.scores, strict=True):
                is_correct = remaining[mention] > 0
                remaining[mention] -= is_correct
                if score is not None and label in (None, mention.label):
                    outcomes.append((score, is_correct))
        outcomes.sort(key=lambda each: -each[0])
        return cls(
            np.asarray([score for score, _ in outcomes]),
            np.asarray([is_correct for _, is_correct in outcomes], bool),
            gold,
        )

    @property
    def are_probabilities(self) -> bool:
        """Whether all scores are between 0 and 1."""
        return bool(((self.scores >= 0) & (self.scores <= 1)).all())

    def log_loss(self) -> float:
        """Return the mean negative log-likelihood of the outcomes (correct or not) given the scores; 0 if empty."""
        if not len(self.scores):
            return 0.0
        scores = self.scores.clip(_EPSILON, 1 - _EPSILON)
        return float(-np.log(np.where(self.correct, scores, 1 - scores)).mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Predicted entities with similar scores: their number, their mean score, and the share of them that is correct."""

    entities: int
    score: float
    correct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Reliability of the scores of predicted entities.

    Attributes:
        ece: expected calibration error: the mean over entities of ``|score - correct|`` of their bin.
        ece_by_chance: expected value of ``ece`` for the same number of entities if the scores were perfectly
            calibrated, in a normal approximation; a lower value cannot be expected of any model.
        brier: Brier score: the mean squared difference between the score and the outcome, 1 (correct) or 0.
        log_loss: mean negative log-likelihood of the outcomes (correct or not) under the scores.
        bins: bins with as equal numbers of entities as possible, by ascending score.
    """

    ece: float
    ece_by_chance: float
    brier: float
    log_loss: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Precision and recall if entities with a score below ``threshold`` are dropped."""

    threshold: float
    precision: float
    recall: float

    def to_json(self) -> dict[str, float]:
        """Return plain values for :func:`json.dumps`."""
        return asdict(self)


def reliability(scored: Scored, *, bins: int = BINS) -> Reliability | None:
    """Compute the reliability of scores; None if no predicted entity has a score, or if a score is no probability."""
    entities = len(scored.scores)
    if not entities or not scored.are_probabilities:
        return None
    bin_indices = np.array_split(np.arange(entities)[::-1], min(bins, entities))
    rows = tuple(
        Bin(
            entities=len(indices),
            score=float(scored.scores[indices].mean()),
            correct=float(scored.correct[indices].mean()),
        )
        for indices in bin_indices
    )
    return Reliability(
        bins=rows,
        ece=sum(row.entities * abs(row.score - row.correct) for row in rows) / entities,
        ece_by_chance=math.sqrt(2 / math.pi)
        * sum(map(_deviation, (scored.scores[indices] for indices in bin_indices)))
        / entities,
        brier=float(((scored.scores - scored.correct) ** 2).mean()),
        log_loss=scored.log_loss(),
    )


def _deviation(scores: NDArray[np.float64]) -> float:
    """Return the standard deviation of the number of correct entities if the scores are perfectly calibrated."""
    return math.sqrt(float((scores * (1 - scores)).sum()))


def threshold_curve(scored: Scored) -> tuple[Point, ...]:
    """Return precision and recall at every distinct score as a threshold, the highest first."""
    if not len(scored.scores):
        return ()
    correct_counts = scored.correct.cumsum()
    last_indices = np.flatnonzero(np.append(scored.scores[:-1] != scored.scores[1:], True))
    return tuple(
        Point(
            threshold=float(scored.scores[index]),
            precision=float(correct_counts[index] / (index + 1)),
            recall=ratio(float(correct_counts[index]), scored.gold),
        )
        for index in last_indices
    )


def choose_threshold(curve: Sequence[Point], *, wanted: float, of: TargetMetric) -> Point | None:
    """Return the point that reaches a precision with the best recall, or a recall with the best precision.

    Args:
        curve: points from :func:`threshold_curve`.
        wanted: lowest acceptable value of ``of``, a fraction of 1.
        of: metric that must reach ``wanted``.

    Returns:
        The chosen point, or None if no point reaches ``wanted``.
    """
    candidates = [point for point in curve if getattr(point, of) >= wanted]
    other_metric = "recall" if of == "precision" else "precision"
    return max(candidates, key=lambda point: (getattr(point, other_metric), point.threshold), default=None)
