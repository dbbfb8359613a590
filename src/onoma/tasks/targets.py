"""Training targets, and the conversion of gold entities from characters to chunks of words."""

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
"""Allowed overlaps of entities: none (``flat``), one inside the other (``nested``), or any (``free``)."""

OVERLAPS = "overlaps a longer entity: left out"
"""Reason that is counted for an annotation that overlaps a longer one."""

NO_SPANS = np.empty((0, 3), dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Training targets of a document.

    Attributes:
        words: target of each word, whose meaning depends on the task, ``[words]``.
        spans: first word, last word and label index of each entity if the task predicts spans, ``[spans, 3]``; see
            :meth:`onoma.tasks.SpanTask.targets`.
    """

    words: NDArray[np.int32]
    spans: NDArray[np.int32]


def are_compatible(one: Chunk, other: Chunk, overlaps: Overlaps) -> bool:
    """Return whether two entities may occur together under the allowed overlaps."""
    disjoint = one.end <= other.start or other.end <= one.start
    if overlaps == "flat" or disjoint:
        return disjoint
    if overlaps == "free":
        return True
    inside = one.start >= other.start and one.end <= other.end
    return inside or (other.start >= one.start and other.end <= one.end)


class ChunkIndex:
    """Compatible chunks by the words that they cover, so that another one is compared only with those that it touches.

    Args:
        overlaps: allowed overlaps of the chunks.
    """

    def __init__(self, overlaps: Overlaps) -> None:
        self._overlaps = overlaps
        self._chunks_at_word: dict[int, list[Chunk]] = defaultdict(list)

    def __contains__(self, chunk: Chunk) -> bool:
        return chunk in self._chunks_at_word[chunk.start]

    def accepts(self, chunk: Chunk) -> bool:
        """Return whether a chunk is compatible with all others."""
        if self._overlaps == "free":
            return True
        # a chunk that crosses this one covers its first or its last word
        words = range(chunk.start, chunk.end) if self._overlaps == "flat" else {chunk.start, chunk.end - 1}
        return all(
            are_compatible(chunk, other, self._overlaps) for word in words for other in self._chunks_at_word[word]
        )

    def add(self, chunk: Chunk) -> None:
        """Add a chunk that is compatible with all others."""
        for word in range(chunk.start, chunk.end):
            self._chunks_at_word[word].append(chunk)


def gold_chunks(encoded: Encoded, *, unusable: Counter[str], overlaps: Overlaps = "flat") -> list[Chunk]:
    """Return the gold entities as chunks of words, without overlaps that are not allowed.

    An entity that begins or ends inside a word is extended to whole words. Of entities that must not overlap, the
    longest is kept; of equally long ones, the first. Changed and omitted entities are counted in ``unusable``.
    """
    starts, ends = encoded.words.starts.tolist(), encoded.words.ends.tolist()
    index = ChunkIndex(overlaps)
    chunks: list[Chunk] = []
    for entity in sorted(encoded.document.entities, key=_longest_first):
        first, last = words_touched(starts, ends, entity.start, entity.end)
        chunk = Chunk(first, last, entity.label)
        if first >= last:
            unusable["covers no word: left out"] += 1
        elif chunk in index:
            unusable["is annotated twice: one left out"] += 1
        elif not index.accepts(chunk):
            unusable[OVERLAPS if overlaps == "flat" else "crosses a longer entity: left out"] += 1
        else:
            if starts[first] != entity.start or ends[last - 1] != entity.end:
                unusable["begins or ends inside a word: grown to the whole word"] += 1
            index.add(chunk)
            chunks.append(chunk)
    return sorted(chunks)


def _longest_first(entity: Entity) -> tuple[int, int]:
    return entity.start - entity.end, entity.start
