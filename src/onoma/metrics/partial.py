"""Mentions -> counts of partial matches: boundaries decide and labels are ignored.

The same boundaries earn 1, an overlap of at least one code point 0.5. Each mention is used at most once, first for
exact boundaries, then for overlaps: taken in the order of their ends, each gets the free mention of the other side that
overlaps it and ends first. No other pairing earns more, and swapping gold and predicted swaps precision and recall.

Source: the "partial" measure of SemEval-2013 task 9.1, Segura-Bedmar et al. 2013, https://aclanthology.org/S13-2056.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from onoma.metrics.align import Mention
from onoma.metrics.counts import Counts

Bounds = tuple[int, int]
"""Start and end."""

_OVERLAP_CREDIT = 0.5


def count_partial(gold: Iterable[Mention], predicted: Iterable[Mention]) -> Counts:
    """Credit for the boundaries of one document's mentions."""
    ours = Counter((mention.start, mention.end) for mention in gold)
    theirs = Counter((mention.start, mention.end) for mention in predicted)
    if not ours or not theirs:
        return Counts(predicted=theirs.total(), gold=ours.total())
    same = ours & theirs
    overlaps = overlapping_pairs(list((ours - same).elements()), list((theirs - same).elements()))
    return Counts(correct=same.total() + _OVERLAP_CREDIT * overlaps, predicted=theirs.total(), gold=ours.total())


def overlapping_pairs(ours: Iterable[Bounds], theirs: Iterable[Bounds]) -> int:
    """The size of the largest one-to-one matching of spans that overlap."""
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
