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

_CHARACTERS = 400_000
"""Number of characters in cached words at which the cache is cleared; with the subwords it then takes about 12 MB."""

_WORDS_OF_A_CALL = 1_024
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
        self._known: dict[str, bytes] = {}
        self._characters = 0

    def subwords(self, words: Sequence[str]) -> Subwords:
        """Return the subwords of words; encode those that are not in the cache."""
        known = self._known  # another thread may replace it meanwhile
        missing = list(set(words).difference(known))
        for start in range(0, len(missing), _WORDS_OF_A_CALL):
            run = missing[start : start + _WORDS_OF_A_CALL]
            found = self._encode(run)
            ids, bounds = found.ids.tobytes(), found.bounds * found.ids.itemsize
            known.update(
                (word, ids[first:last]) for word, (first, last) in zip(run, pairwise(bounds.tolist()), strict=True)
            )
        entries = [known[word] for word in words]
        bounds = np.zeros(len(entries) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, entries), dtype=np.int64, count=len(entries)), out=bounds[1:])
        self._characters += sum(map(len, missing))
        if self._characters > _CHARACTERS:
            self._known, self._characters = {}, 0
        return Subwords(np.frombuffer(b"".join(entries), dtype=np.int32), bounds // np.dtype(np.int32).itemsize)
