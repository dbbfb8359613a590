"""Gold entities in characters to chunks of words that do not overlap."""

from __future__ import annotations

from collections import Counter

import numpy as np

from onoma.encoding import Encoded
from onoma.schemes import Chunk
from onoma.text import Entity, words_touched


def gold_chunks(encoded: Encoded, *, unusable: Counter[str]) -> list[Chunk]:
    """The gold entities in words, without overlap.

    An entity off word bounds grows to the words it touches. Of entities that overlap the longer one is kept, of equal
    ones the first. What is changed or left out is counted in ``unusable``.
    """
    starts, ends = encoded.words.starts.tolist(), encoded.words.ends.tolist()
    taken = np.zeros(len(encoded.words), dtype=bool)
    chunks: list[Chunk] = []
    for entity in sorted(encoded.document.entities, key=_longest_first):
        first, last = words_touched(starts, ends, entity.start, entity.end)
        if first >= last:
            unusable["covers no word: left out"] += 1
        elif taken[first:last].any():
            unusable["overlaps a longer entity: left out"] += 1
        else:
            if starts[first] != entity.start or ends[last - 1] != entity.end:
                unusable["begins or ends inside a word: grown to the whole word"] += 1
            taken[first:last] = True
            chunks.append(Chunk(first, last, entity.label))
    return sorted(chunks)


def _longest_first(entity: Entity) -> tuple[int, int]:
    return entity.start - entity.end, entity.start
