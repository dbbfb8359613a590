"""Gold entities in characters to chunks of words, and what a model is to predict for them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.schemes import Chunk
from onoma.text import Entity, words_touched

Overlaps = Literal["flat", "nested", "free"]
"""Which entities may be beside each other: such that do not overlap, such that do not cross, or any."""

OVERLAPS = "overlaps a longer entity: left out"
"""Why an annotation could not be used."""

NO_SPANS = np.empty((0, 3), dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What a model is to predict in a document.

    Attributes:
        words: a number for each word, which the task understands, ``[words]``.
        spans: first word, last word and label of entities, where the task predicts spans, ``[spans, 3]``.
    """

    words: NDArray[np.int32]
    spans: NDArray[np.int32]


def may_stand_together(one: Chunk, other: Chunk, overlaps: Overlaps) -> bool:
    """Whether two entities may be beside each other."""
    apart = one.end <= other.start or other.end <= one.start
    if overlaps == "flat" or apart:
        return apart
    if overlaps == "free":
        return True
    inside = one.start >= other.start and one.end <= other.end
    return inside or (other.start >= one.start and other.end <= one.end)


def gold_chunks(encoded: Encoded, *, unusable: Counter[str], overlaps: Overlaps = "flat") -> list[Chunk]:
    """The gold entities in words, without overlaps that are not allowed.

    An entity off word bounds grows to the words it touches. Of entities that must not overlap the longer one is kept,
    of equal ones the first. What is changed or left out is counted in ``unusable``.
    """
    starts, ends = encoded.words.starts.tolist(), encoded.words.ends.tolist()
    at_word: dict[int, list[Chunk]] = defaultdict(list)
    chunks: list[Chunk] = []
    for entity in sorted(encoded.document.entities, key=_longest_first):
        first, last = words_touched(starts, ends, entity.start, entity.end)
        chunk = Chunk(first, last, entity.label)
        if first >= last:
            unusable["covers no word: left out"] += 1
        elif chunk in at_word[first]:
            unusable["is annotated twice: one left out"] += 1
        # A longer one that overlaps has the first or the last word.
        elif not all(may_stand_together(chunk, each, overlaps) for each in (*at_word[first], *at_word[last - 1])):
            unusable[OVERLAPS if overlaps == "flat" else "crosses a longer entity: left out"] += 1
        else:
            if starts[first] != entity.start or ends[last - 1] != entity.end:
                unusable["begins or ends inside a word: grown to the whole word"] += 1
            for word in range(first, last):
                at_word[word].append(chunk)
            chunks.append(chunk)
    return sorted(chunks)


def _longest_first(entity: Entity) -> tuple[int, int]:
    return entity.start - entity.end, entity.start
