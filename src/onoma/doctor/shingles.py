"""Search for near-duplicate texts by MinHash, without comparing all pairs.

A text is represented by its set of shingles: runs of three lower-cased words. MinHash reduces the set to 64 numbers in
sixteen bands of four. Texts that agree in all four numbers of a band are compared exactly. A pair with a similarity of
0.8 is missed once in 5,000 times.

Source: Broder 1997, "On the resemblance and containment of documents"; banding as in Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", section 3.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

MIN_SIMILARITY = 0.8
"""Minimum Jaccard similarity of the shingles of two texts that count as near-duplicates."""

_SHINGLE_WORDS = 3
"""Number of words per shingle."""

_BANDS, _ROWS = 16, 4
_MAX_BUCKET_CANDIDATES = 200
"""Maximum number of earlier texts of a bucket that a text is compared with; larger buckets come from templates."""


def near_pairs(texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, float]]:
    """Yield near-duplicate pairs: index of the earlier text, index of the later text, similarity.

    Texts shorter than a shingle are skipped. Each later text is paired only with the most similar earlier one.

    Args:
        texts: lower-cased words of each text.
    """
    shingles = [frozenset(zip(*(words[shift:] for shift in range(_SHINGLE_WORDS)), strict=False)) for words in texts]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 2**63, size=(_BANDS * _ROWS, 1), dtype=np.uint64) | np.uint64(1)
    shifts = rng.integers(0, 2**63, size=(_BANDS * _ROWS, 1), dtype=np.uint64)
    for later, shingle_set in enumerate(shingles):
        if not shingle_set:
            continue
        candidates: set[int] = set()
        for band, key in enumerate(_bands(shingle_set, factors, shifts)):
            bucket = buckets[band, key]
            candidates.update(bucket[-_MAX_BUCKET_CANDIDATES:])
            bucket.append(later)
        similarities = [(_jaccard(shingle_set, shingles[earlier]), -earlier) for earlier in candidates]
        if similarities and max(similarities)[0] >= MIN_SIMILARITY:
            similarity, negative = max(similarities)
            yield -negative, later, similarity


def _bands(
    shingles: frozenset[tuple[str, ...]], factors: NDArray[np.uint64], shifts: NDArray[np.uint64]
) -> list[bytes]:
    """Return a text's MinHash as sixteen bands of four numbers; the hashes are multiply-shift modulo 2**64."""
    keys = np.asarray([crc32("\x1f".join(shingle).encode("utf-8", "replace")) for shingle in shingles], dtype=np.uint64)
    smallest = ((factors * keys + shifts) >> np.uint64(32)).min(axis=1).astype(np.uint32)
    return [smallest[first : first + _ROWS].tobytes() for first in range(0, _BANDS * _ROWS, _ROWS)]


def _jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)
