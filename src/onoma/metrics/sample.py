"""Exact counts of aligned documents by unit of text, as an array for resampling.

A unit is a document. With fewer than ``FEWEST_DOCUMENTS`` documents, a unit is a sentence, if gold has sentences: ten
long documents say little about the variance of metrics, and a single one says nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.metrics.align import Aligned, Mention
from onoma.metrics.counting import count_exact
from onoma.metrics.counts import Counts

FEWEST_DOCUMENTS = 20
"""Minimum number of documents for resampling documents; with fewer, sentences are resampled."""

Unit = Literal["documents", "sentences"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Exact counts by unit and label.

    Attributes:
        labels: labels in the order of the array's second axis.
        counts: numbers of correct, predicted and gold entities, ``[units, labels, 3]``.
        unit: kind of unit.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    unit: Unit = "documents"

    @classmethod
    def of(cls, pairs: Sequence[Aligned]) -> Sample:
        """Count the entities of aligned documents."""
        by_sentence = len(pairs) < FEWEST_DOCUMENTS and any(len(pair.document.sentences or ()) > 1 for pair in pairs)
        rows = [row for pair in pairs for row in (_count_sentences(pair) if by_sentence else [_count_document(pair)])]
        labels = tuple(sorted({label for row in rows for label in row}))
        label_index = {label: index for index, label in enumerate(labels)}
        counts = np.zeros((len(rows), len(labels), 3), dtype=np.int64)
        for index, row in enumerate(rows):
            for label, label_counts in row.items():
                counts[index, label_index[label]] = label_counts.correct, label_counts.predicted, label_counts.gold
        return cls(labels, counts, "sentences" if by_sentence else "documents")

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.counts)


def figures(counts: NDArray[np.integer] | NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute precision, recall and F1 from correct, predicted and gold counts on the last axis; x / 0 gives 0."""
    correct, predicted, gold = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    numerators = np.stack([correct, correct, 2 * correct], axis=-1)
    denominators = np.stack([predicted, gold, predicted + gold], axis=-1)
    shares: NDArray[np.float64] = np.divide(
        numerators, denominators, out=np.zeros_like(numerators), where=denominators > 0
    )
    return shares


def _count_document(pair: Aligned) -> dict[str, Counts]:
    return dict(count_exact(pair.gold, pair.predicted)) if pair.gold or pair.predicted else {}


def _count_sentences(pair: Aligned) -> list[dict[str, Counts]]:
    """Count the mentions of each sentence; matching mentions have the same start, so no match is split."""
    starts = [pair.base + sentence.start for sentence in pair.document.sentences or ()]

    def find_sentence(mention: Mention) -> int:
        return max(0, bisect_right(starts, mention.start) - 1)

    rows: list[dict[str, Counts]] = [{} for _ in starts or [0]]
    sides = [
        {index: list(group) for index, group in groupby(sorted(side, key=find_sentence), key=find_sentence)}
        for side in (pair.gold, pair.predicted)
    ]
    for index in sides[0].keys() | sides[1].keys():
        rows[index] = dict(count_exact(sides[0].get(index, []), sides[1].get(index, [])))
    return rows
