"""Texts that are nearly the same, found without comparing all with all.

A text is its set of runs of three words, lower-cased. MinHash keeps 64 numbers of it; texts that agree in all four
numbers of one of the sixteen bands are compared exactly. A pair of similarity 0.8 is missed once in 5,000 times.

Source: Broder 1997, "On the resemblance and containment of documents"; banding as in Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", section 3.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

NEAR = 0.8
"""Share of common shingles (Jaccard) from which on two texts count as nearly the same."""
SHINGLE = 3
"""Words of a shingle."""

_BANDS, _ROWS = 16, 4
_CROWD = 200
"""A bucket with more texts holds a template; each is compared with so many before it."""


def near_pairs(texts: Sequence[Sequence[str]], *, near: float = NEAR) -> Iterator[tuple[int, int, float]]:
    """Pairs of texts, given as lower-cased words, of at least this similarity: earlier, later, similarity.

    Texts shorter than a shingle are in no pair. Of the earlier texts only the most similar is given for a later one.
    """
    shingles = [frozenset(zip(*(words[shift:] for shift in range(SHINGLE)), strict=False)) for words in texts]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    draw = np.random.default_rng(0)
    factors = draw.integers(0, 2**63, size=(_BANDS * _ROWS, 1), dtype=np.uint64) | np.uint64(1)
    shifts = draw.integers(0, 2**63, size=(_BANDS * _ROWS, 1), dtype=np.uint64)
    for later, own in enumerate(shingles):
        if not own:
            continue
        candidates: set[int] = set()
        for band, key in enumerate(_bands(own, factors, shifts)):
            bucket = buckets[band, key]
            candidates.update(bucket[-_CROWD:])
            bucket.append(later)
        likeness = [(_jaccard(own, shingles[earlier]), -earlier) for earlier in candidates]
        if likeness and max(likeness)[0] >= near:
            similarity, negative = max(likeness)
            yield -negative, later, similarity


def _bands(
    shingles: frozenset[tuple[str, ...]], factors: NDArray[np.uint64], shifts: NDArray[np.uint64]
) -> list[bytes]:
    """The sixteen pieces of the text's MinHash, four numbers each; hashes are multiply-shift, modulo 2**64."""
    keys = np.asarray([crc32("\x1f".join(shingle).encode("utf-8", "replace")) for shingle in shingles], dtype=np.uint64)
    smallest = ((factors * keys + shifts) >> np.uint64(32)).min(axis=1).astype(np.uint32)
    return [smallest[first : first + _ROWS].tobytes() for first in range(0, _BANDS * _ROWS, _ROWS)]


def _jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)
