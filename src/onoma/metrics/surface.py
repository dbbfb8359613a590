"""Mentions -> counts of surface forms: each distinct pair of form and label counts once over a whole data set.

It asks how many different names were found, where exact matching lets a frequent name count every time.
"""

from __future__ import annotations

from collections.abc import Iterable

from onoma.metrics.align import Mention
from onoma.metrics.counts import Counts
from onoma.metrics.spans import matches


class SurfaceForms:
    """The distinct forms seen so far.

    A form is correct when at least one of its mentions is an exact match in its place; that both sides have the form,
    each elsewhere, is not enough. Case is kept and words are separated by one blank, as they are in the text.

    Source: Derczynski et al. 2017, https://aclanthology.org/W17-4418, and the scorer of that shared task.
    """

    def __init__(self) -> None:
        self._gold: set[tuple[str, str]] = set()
        self._predicted: set[tuple[str, str]] = set()
        self._correct: set[tuple[str, str]] = set()

    def add(self, gold: Iterable[Mention], predicted: Iterable[Mention]) -> None:
        """See the mentions of one document."""
        gold, predicted = list(gold), list(predicted)
        self._gold.update((mention.form, mention.label) for mention in gold)
        self._predicted.update((mention.form, mention.label) for mention in predicted)
        self._correct.update((mention.form, mention.label) for mention in matches(gold, predicted))

    def counts(self) -> Counts:
        """Distinct forms that are correct, predicted and gold."""
        return Counts(correct=len(self._correct), predicted=len(self._predicted), gold=len(self._gold))
