"""The first words of a corpus, counted by what they look like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from onoma.corpora.spelling import looks_prefixed, looks_tagged

_MOST = 5_000
_NUMBER = re.compile(r"[\d.,:/-]*\d[\d.,:/-]*")


@dataclass(slots=True)
class WordSample:
    """Counts of the first 5,000 words or so.

    Attributes:
        size: how many were looked at.
        numbers: how many are numbers.
        tags: how many could be tags.
        prefixed: how many of these have a prefix and a label.
        repeated: how many are the word before once more.
    """

    size: int = 0
    numbers: int = 0
    tags: int = 0
    prefixed: int = 0
    repeated: int = 0

    def add(self, words: Iterable[str]) -> None:
        """Count the words of a document, unless there are enough."""
        if self.size >= _MOST:
            return
        words = list(words)
        self.size += len(words)
        self.numbers += sum(_NUMBER.fullmatch(word) is not None for word in words)
        self.tags += sum(map(looks_tagged, words))
        self.prefixed += sum(map(looks_prefixed, words))
        self.repeated += sum(before == after for before, after in pairwise(words))
