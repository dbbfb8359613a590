"""Words to subwords through a memory of words met before.

What a tokenizer makes of a word that it gets as one depends on nothing but the word, and most words of a text are few:
they are looked up. This module does not know how a word is encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_CHARACTERS = 400_000
"""When the words met have so many characters all are forgotten; with their subwords they hold some 12 MB then."""

_WORDS_OF_A_CALL = 1_024
"""Words that one call of the tokenizer takes at most: its own record of a word is many times the word."""


@dataclass(frozen=True, slots=True)
class Subwords:
    """The subwords of words, without special tokens.

    Attributes:
        ids: subword ids, ``[subwords]``.
        bounds: where each word's subwords begin, and the end of the last one's, ``[words + 1]``.
    """

    ids: NDArray[np.int32]
    bounds: NDArray[np.int64]

    def of_words(self, start: int, end: int) -> Subwords:
        """Those of the words ``[start, end)``."""
        first, last = self.bounds[start], self.bounds[end]
        return Subwords(self.ids[first:last], self.bounds[start : end + 1] - first)


class SubwordCache:
    """Remembers the subwords of words.

    Args:
        encode: gives the subwords of some words, each at least one.
    """

    def __init__(self, encode: Callable[[list[str]], Subwords]) -> None:
        self._encode = encode
        self._known: dict[str, bytes] = {}
        self._characters = 0

    def subwords(self, words: Sequence[str]) -> Subwords:
        """The subwords of these words."""
        known = self._known  # another thread may take a new one meanwhile
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
