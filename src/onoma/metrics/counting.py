"""Counts of matching mentions of a document: exact, partial, by surface form, and by word."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

from onoma.metrics.align import Aligned, Mention
from onoma.metrics.counts import Counts
from onoma.text import words_touched

Bounds = tuple[int, int]
"""Start and end offset of a span."""

_OVERLAP_CREDIT = 0.5


def matches(gold: Iterable[Mention], predicted: Iterable[Mention]) -> Counter[Mention]:
    """Return the mentions that gold and predicted have in common, each as often as both sides have it."""
    gold_counts = Counter(gold)
    return gold_counts & Counter(predicted) if gold_counts else gold_counts


def count_exact(gold: Iterable[Mention], predicted: Iterable[Mention]) -> Mapping[str, Counts]:
    """Count exact matches for every label of either side; the sum over labels is the micro count.

    A gold mention is matched at most once, even if a span is annotated or predicted twice. Nested and overlapping
    mentions count like any others.

    Source: Tjong Kim Sang and De Meulder 2003, https://aclanthology.org/W03-0419.
    """
    gold, predicted = list(gold), list(predicted)
    correct = Counter(mention.label for mention in matches(gold, predicted).elements())
    gold_counts = Counter(mention.label for mention in gold)
    predicted_counts = Counter(mention.label for mention in predicted)
    return {
        label: Counts(correct=correct[label], predicted=predicted_counts[label], gold=gold_counts[label])
        for label in sorted(gold_counts | predicted_counts)
    }


def count_partial(gold: Iterable[Mention], predicted: Iterable[Mention]) -> Counts:
    """Count the mentions of one document with partial credit for overlapping boundaries; labels are ignored.

    Equal boundaries earn 1, an overlap of at least one code point earns 0.5. Each mention is used at most once, first
    for equal boundaries, then for overlaps: in the order of their ends, each mention is paired with the unused mention
    of the other side that overlaps it and ends first. No other pairing earns more, and swapping gold and predicted
    swaps precision and recall.

    Source: the "partial" measure of SemEval-2013 task 9.1, Segura-Bedmar et al. 2013,
    https://aclanthology.org/S13-2056.
    """
    ours = Counter((mention.start, mention.end) for mention in gold)
    theirs = Counter((mention.start, mention.end) for mention in predicted)
    if not ours or not theirs:
        return Counts(predicted=theirs.total(), gold=ours.total())
    same = ours & theirs
    overlaps = overlapping_pairs(list((ours - same).elements()), list((theirs - same).elements()))
    return Counts(correct=same.total() + _OVERLAP_CREDIT * overlaps, predicted=theirs.total(), gold=ours.total())


def overlapping_pairs(ours: Iterable[Bounds], theirs: Iterable[Bounds]) -> int:
    """Return the size of the maximum one-to-one matching of overlapping spans."""
    sides = tuple(sorted((end, start) for start, end in side if start < end) for side in (ours, theirs))
    if not all(sides):
        return 0
    longest = max(end - start for side in sides for end, start in side)
    free = tuple([True] * len(side) for side in sides)
    pairs = 0
    for end, number, index in sorted(
        (end, number, index) for number, side in enumerate(sides) for index, (end, _) in enumerate(side)
    ):
        if not free[number][index]:
            continue
        others, unused = sides[1 - number], free[1 - number]
        for other in range(bisect_left(others, (end, 0)), len(others)):
            other_end, other_start = others[other]
            if other_end - longest >= end:
                break
            if unused[other] and other_start < end:
                free[number][index] = unused[other] = False
                pairs += 1
                break
    return pairs


class SurfaceForms:
    """The distinct pairs of surface form and label seen so far, so that a frequent name counts only once.

    A form is correct if at least one of its mentions is an exact match at its position; it is not enough that both
    sides have the form at different positions. Case is kept, and every run of white space is one blank.

    Source: Derczynski et al. 2017, https://aclanthology.org/W17-4418, and the scorer of that shared task.
    """

    def __init__(self) -> None:
        self._gold: set[tuple[str, str]] = set()
        self._predicted: set[tuple[str, str]] = set()
        self._correct: set[tuple[str, str]] = set()

    def add(self, gold: Iterable[Mention], predicted: Iterable[Mention]) -> None:
        """Add the mentions of one document."""
        gold, predicted = list(gold), list(predicted)
        self._gold.update((mention.form, mention.label) for mention in gold)
        self._predicted.update((mention.form, mention.label) for mention in predicted)
        self._correct.update((mention.form, mention.label) for mention in matches(gold, predicted))

    def counts(self) -> Counts:
        """Return the numbers of distinct forms that are correct, predicted and gold."""
        return Counts(correct=len(self._correct), predicted=len(self._predicted), gold=len(self._gold))


def count_words(pair: Aligned) -> Counts | None:
    """Count the given words inside entities, once for each label that covers a word; None if no words are given.

    This corresponds to token-level metrics that ignore ``O`` and treat ``B-`` and ``I-`` as the same. Long entities
    weigh more than short ones, and boundaries have little influence.
    """
    words = pair.document.words
    if words is None:
        return None
    if not (pair.gold or pair.predicted):
        return Counts()
    starts = [pair.base + word.start for word in words]
    ends = [pair.base + word.end for word in words]

    def find_covered_words(mentions: Iterable[Mention]) -> set[tuple[int, str]]:
        return {
            (index, mention.label)
            for mention in mentions
            if mention.start < mention.end
            for index in range(*words_touched(starts, ends, mention.start, mention.end))
        }

    gold, predicted = find_covered_words(pair.gold), find_covered_words(pair.predicted)
    return Counts(correct=len(gold & predicted), predicted=len(predicted), gold=len(gold))
