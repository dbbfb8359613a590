"""Mentions -> counts of exact matches: the same start, end and label.

A gold mention matches at most once, also where a span is annotated or predicted twice. Nested and overlapping mentions
count like any others. This is the entity F1 of the CoNLL shared tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from onoma.metrics.align import Mention
from onoma.metrics.counts import Counts


def matches(gold: Iterable[Mention], predicted: Iterable[Mention]) -> Counter[Mention]:
    """The mentions on which both agree, as often as both have them."""
    wanted = Counter(gold)
    return wanted & Counter(predicted) if wanted else wanted


def count_exact(gold: Iterable[Mention], predicted: Iterable[Mention]) -> Mapping[str, Counts]:
    """Counts of exact matches for every label that either has; their sum is the micro count.

    Source: Tjong Kim Sang and De Meulder 2003, https://aclanthology.org/W03-0419.
    """
    gold, predicted = list(gold), list(predicted)
    correct = Counter(mention.label for mention in matches(gold, predicted).elements())
    wanted = Counter(mention.label for mention in gold)
    found = Counter(mention.label for mention in predicted)
    return {
        label: Counts(correct=correct[label], predicted=found[label], gold=wanted[label])
        for label in sorted(wanted | found)
    }
