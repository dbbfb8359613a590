"""Cache of the subwords of words.

The subwords of a pre-split word depend only on the word, and a text consists mostly of a few frequent words. So the
subwords are looked up. This module is independent of how a word is encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_MAX_CHARACTERS = 400_000
"""Number of characters in cached words at which the cache is cleared; with the subwords it then takes about 12 MB."""

_MAX_WORDS_PER_CALL = 1_024
"""Maximum number of words per tokenizer call; the tokenizer needs many times the memory of a word."""


@dataclass(frozen=True, slots=True)
class Subwords:
    """Subwords of a sequence of words, without special tokens.

    Attributes:
        ids: subword ids, ``[subwords]``.
        bounds: offset in ``ids`` at which each word's subwords begin, and the end of the last word, ``[words + 1]``.
    """

    ids: NDArray[np.int32]
    bounds: NDArray[np.int64]

    def of_words(self, start: int, end: int) -> Subwords:
        """Return the subwords of the words ``[start, end)``."""
        first, last = self.bounds[start], self.bounds[end]
        return Subwords(self.ids[first:last], self.bounds[start : end + 1] - first)


class SubwordCache:
    """Cache of the subwords of words.

    Args:
        encode: function that returns the subwords of words, at least one for each word.
    """

    def __init__(self, encode: Callable[[list[str]], Subwords]) -> None:
        self._encode = encode
        self._cached: dict[str, bytes] = {}
        self._cached_characters = 0

    def subwords(self, words: Sequence[str]) -> Subwords:
        """Return the subwords of words; encode those that are not in the cache."""
        cached = self._cached  # another thread may replace it meanwhile
        missing = list(set(words).difference(cached))
        for start in range(0, len(missing), _MAX_WORDS_PER_CALL):
            chunk = missing[start : start + _MAX_WORDS_PER_CALL]
            encoded = self._encode(chunk)
            ids, bounds = encoded.ids.tobytes(), encoded.bounds * encoded.ids.itemsize
            cached.update(
                (word, ids[first:last]) for word, (first, last) in zip(chunk, pairwise(bounds.tolist()), strict=True)
            )
        entries = [cached[word] for word in words]
        bounds = np.zeros(len(entries) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, entries), dtype=np.int64, count=len(entries)), out=bounds[1:])
        self._cached_characters += sum(map(len, missing))
        if self._cached_characters > _MAX_CHARACTERS:
            self._cached, self._cached_characters = {}, 0
        return Subwords(np.frombuffer(b"".join(entries), dtype=np.int32), bounds // np.dtype(np.int32).itemsize)
