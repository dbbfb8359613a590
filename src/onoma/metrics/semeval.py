"""Counts of mentions by the four schemes of SemEval-2013: strict, exact, partial and type.

A mention that is paired with an overlapping mention of the other side is correct, partial or incorrect. A mention
without a pair is missed (gold) or spurious (predicted). Every scheme uses the pairing that gives it the most credit, so
the order of mentions or documents does not change a count, and the counts of documents can be added.

Source: Segura-Bedmar et al. 2013, https://aclanthology.org/S13-2056; the names of the counts: Chinchor and Sundheim
1993, https://aclanthology.org/M93-1007.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from onoma.metrics.align import Mention
from onoma.metrics.counting import Bounds, overlapping_pairs
from onoma.metrics.counts import ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Numbers of mentions with each outcome in one scheme; a pair of mentions counts once.

    >>> Outcomes(correct=1, partial=1, missed=2).recall
    0.375
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    def __add__(self, other: Outcomes) -> Outcomes:
        return Outcomes(
            correct=self.correct + other.correct,
            incorrect=self.incorrect + other.incorrect,
            partial=self.partial + other.partial,
            missed=self.missed + other.missed,
            spurious=self.spurious + other.spurious,
        )

    @property
    def paired(self) -> int:
        """Number of pairs of a gold and a predicted mention."""
        return self.correct + self.incorrect + self.partial

    @property
    def gold(self) -> int:
        """Number of gold mentions, also called possible."""
        return self.paired + self.missed

    @property
    def predicted(self) -> int:
        """Number of predicted mentions, also called actual."""
        return self.paired + self.spurious

    @property
    def support(self) -> int:
        """Number of gold mentions."""
        return self.gold

    @property
    def precision(self) -> float:
        """Correct pairs plus half of the partial pairs, divided by the predicted mentions."""
        return ratio(self.correct + self.partial / 2, self.predicted)

    @property
    def recall(self) -> float:
        """Correct pairs plus half of the partial pairs, divided by the gold mentions."""
        return ratio(self.correct + self.partial / 2, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if both are 0."""
        return ratio(2 * self.correct + self.partial, self.predicted + self.gold)


@dataclass(frozen=True, slots=True, kw_only=True)
class SemEval:
    """Outcomes by scheme.

    Attributes:
        strict: a pair with the same boundaries and label is correct.
        exact: a pair with the same boundaries is correct, with any label.
        partial: a pair with the same boundaries is correct and any other overlapping pair is partial, with any label.
        type: an overlapping pair with the same label is correct.
    """

    strict: Outcomes = Outcomes()
    exact: Outcomes = Outcomes()
    partial: Outcomes = Outcomes()
    type: Outcomes = Outcomes()

    def __add__(self, other: SemEval) -> SemEval:
        return SemEval(
            strict=self.strict + other.strict,
            exact=self.exact + other.exact,
            partial=self.partial + other.partial,
            type=self.type + other.type,
        )


def count_semeval(gold: Iterable[Mention], predicted: Iterable[Mention]) -> SemEval:
    """Count the outcomes of the mentions of one document."""
    ours, theirs = Counter(map(_mention_key, gold)), Counter(map(_mention_key, predicted))
    same = ours & theirs
    unmatched_gold, unmatched_predicted = ours - same, theirs - same
    strict = same.total()
    if not (unmatched_gold and unmatched_predicted):
        outcome = Outcomes(correct=strict, missed=unmatched_gold.total(), spurious=unmatched_predicted.total())
        return SemEval(strict=outcome, exact=outcome, partial=outcome, type=outcome)
    exact, pairs = _count_pairs(_count_bounds(unmatched_gold), _count_bounds(unmatched_predicted))
    predicted_by_label = _group_by_label(unmatched_predicted)
    same_label_pairs = sum(
        overlapping_pairs(bounds, predicted_by_label[label])
        for label, bounds in _group_by_label(unmatched_gold).items()
    )
    overlaps = overlapping_pairs(
        _count_bounds(unmatched_gold).elements(), _count_bounds(unmatched_predicted).elements()
    )

    def outcomes(*, correct: int, paired: int, partial: int = 0) -> Outcomes:
        return Outcomes(
            correct=strict + correct,
            partial=partial,
            incorrect=paired - correct - partial,
            missed=unmatched_gold.total() - paired,
            spurious=unmatched_predicted.total() - paired,
        )

    return SemEval(
        strict=outcomes(correct=0, paired=pairs),
        exact=outcomes(correct=exact, paired=pairs),
        partial=outcomes(correct=exact, paired=pairs, partial=pairs - exact),
        type=outcomes(correct=same_label_pairs, paired=overlaps),
    )


def _mention_key(mention: Mention) -> tuple[int, int, str]:
    return mention.start, mention.end, mention.label


def _count_bounds(mentions: Counter[tuple[int, int, str]]) -> Counter[Bounds]:
    bounds: Counter[Bounds] = Counter()
    for (start, end, _), count in mentions.items():
        bounds[start, end] += count
    return bounds


def _group_by_label(mentions: Counter[tuple[int, int, str]]) -> defaultdict[str, list[Bounds]]:
    groups: defaultdict[str, list[Bounds]] = defaultdict(list)
    for start, end, label in mentions.elements():
        groups[label].append((start, end))
    return groups


def _count_pairs(ours: Counter[Bounds], theirs: Counter[Bounds]) -> tuple[int, int]:
    """Return the number of pairs with the same boundaries, and the number of pairs when overlaps are added."""
    same = ours & theirs
    return same.total(), same.total() + overlapping_pairs((ours - same).elements(), (theirs - same).elements())
