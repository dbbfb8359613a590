"""Where the words of a document are, in two arrays: a long text has too many words for an object each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from onoma.text import Word


@dataclass(frozen=True, slots=True)
class WordSpans:
    """The words of a text, in order, without overlap.

    Attributes:
        text: the text.
        starts, ends: half-open ranges of its code points, ``[words]`` each.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    @classmethod
    def of(cls, text: str, spans: Iterable[tuple[int, int]]) -> WordSpans:
        """Take spans as they come, without keeping them."""
        flat = np.fromiter(chain.from_iterable(spans), dtype=np.int32)
        return cls(text, flat[0::2], flat[1::2])

    @classmethod
    def given(cls, text: str, words: Sequence[Word]) -> WordSpans:
        """The words that a document came with."""
        return cls.of(text, ((word.start, word.end) for word in words))

    def __len__(self) -> int:
        return len(self.starts)

    def texts(self, start: int, end: int) -> list[str]:
        """What the words ``[start, end)`` of the list are."""
        spans = zip(self.starts[start:end].tolist(), self.ends[start:end].tolist(), strict=True)
        return [self.text[first:last] for first, last in spans]
