"""Aligned documents -> counts of words: a word inside an entity counts once for each label that stands over it.

This is what token-level figures mean once ``O`` is left out and ``B-`` and ``I-`` are one. Long entities weigh more
than short ones and bounds hardly count, so it flatters; it is for comparison with work that reports nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from onoma.metrics.align import Aligned, Mention
from onoma.metrics.counts import Counts
from onoma.text import words_touched


def count_words(pair: Aligned) -> Counts | None:
    """Counts of the gold document's given words, an entity covering each that it touches; None where none are given."""
    words = pair.document.words
    if words is None:
        return None
    if not (pair.gold or pair.predicted):
        return Counts()
    starts = [pair.base + word.start for word in words]
    ends = [pair.base + word.end for word in words]

    def covered(mentions: Iterable[Mention]) -> set[tuple[int, str]]:
        return {
            (index, mention.label)
            for mention in mentions
            if mention.start < mention.end
            for index in range(*words_touched(starts, ends, mention.start, mention.end))
        }

    gold, predicted = covered(pair.gold), covered(pair.predicted)
    return Counts(correct=len(gold & predicted), predicted=len(predicted), gold=len(gold))
