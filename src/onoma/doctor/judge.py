"""A tagger that is also asked for the probability of spans that it would not choose itself."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.schemes import OUTSIDE
from onoma.tagger import Tagger
from onoma.tasks import Lattice
from onoma.text import Entity

_LEAST = 0.01
"""Probability below which another label for a gold span is not told."""


class Judge(Tagger):
    """Tags documents, and weighs the entities that they have.

    A tagged document has what is predicted, and the probability of each gold span under each label. Its own label is
    always told, others where they are not negligible, and under the label ``O`` how probable it is that no word of the
    span is in any entity. The entities overlap. A gold span that crosses a sentence's bound is not weighed.
    """

    def _told(self, found: list[Entity], encoded: Encoded, first: int, scores: NDArray[np.float32]) -> Iterable[Entity]:
        weighed = self._weighed(encoded, first, scores)
        return {(each.start, each.end, each.label): each for each in (*weighed, *found)}.values()

    def _weighed(self, encoded: Encoded, first: int, scores: NDArray[np.float32]) -> Iterator[Entity]:
        document, decoder = encoded.document, self._decoder
        starts = encoded.words.starts[first : first + len(scores)].tolist()
        ends = encoded.words.ends[first : first + len(scores)].tolist()
        gold = document.entities[
            bisect_left(document.entities, starts[0], key=attrgetter("start")) : bisect_left(
                document.entities, ends[-1], key=attrgetter("start")
            )
        ]
        if not gold:
            return
        lattice = decoder.lattice([scores])
        for entity in gold:
            start, end = bisect_right(ends, entity.start), bisect_left(starts, entity.end)
            if start >= end or entity.end > ends[-1]:
                continue
            for label in (OUTSIDE, *self.labels):
                score = _probability(lattice, start, decoder.tags_of(label, length=end - start))
                if label in (OUTSIDE, entity.label) or score >= _LEAST:
                    yield document.entity(entity.start, entity.end, label, score=score)


def _probability(lattice: Lattice, start: int, tags: NDArray[np.int64]) -> float:
    """How probable it is that the words from ``start`` on have exactly these tags and the entity ends with them."""
    row = np.zeros(lattice.emitted.shape[:2], dtype=np.int64)
    row[0, start : start + len(tags)] = tags
    one = np.asarray([start])
    return float(lattice.probabilities(np.zeros(1, dtype=np.int64), one, one + len(tags), row)[0])
