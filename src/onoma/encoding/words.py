"""Positions of the words of a document, as two arrays: a long text has too many words for one object each."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.encoding.casing import in_case
from onoma.text import Word


class Replacement(NamedTuple):
    """Characters ``[start, end)`` of a text that are read as another text; inside a word or outside of all words."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class WordSpans:
    """The words of a text, in order, without overlap.

    Attributes:
        text: text that contains the words.
        starts, ends: offsets at which each word starts and ends, in code points, ``[words]`` each.
        spellings: spellings that the encoder reads instead of the text's, as pairs of word position and spelling, in
            order.
        cases: case in which each word is read, ``[words]``; None if all are read as written.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    spellings: Sequence[tuple[int, str]] = ()
    cases: NDArray[np.uint8] | None = None

    @classmethod
    def of(cls, text: str, spans: Iterable[tuple[int, int]]) -> WordSpans:
        """Create the words of a text from an iterable of half-open ranges, which is consumed lazily."""
        offsets = np.fromiter(chain.from_iterable(spans), dtype=np.int32)
        return cls(text, offsets[0::2], offsets[1::2])

    @classmethod
    def given(cls, text: str, words: Sequence[Word]) -> WordSpans:
        """Create the words of a text from those given by a document."""
        return cls.of(text, ((word.start, word.end) for word in words))

    def __len__(self) -> int:
        return len(self.starts)

    def texts(self, start: int, end: int) -> list[str]:
        """Return the texts of the words ``[start, end)`` as the encoder reads them."""
        spans = zip(self.starts[start:end].tolist(), self.ends[start:end].tolist(), strict=True)
        texts = [self.text[first:last] for first, last in spans]
        first, last = (bisect_left(self.spellings, position, key=_get_position) for position in (start, end))
        for position, spelling in self.spellings[first:last]:
            texts[position - start] = spelling
        if self.cases is not None:
            for position in np.flatnonzero(self.cases[start:end]).tolist():
                texts[position] = in_case(texts[position], self.cases[start + position])
        return texts

    def respelled(self, spellings: Mapping[int, str]) -> WordSpans:
        """Return the same words with the given spellings, by word position."""
        if not spellings:
            return self
        return replace(self, spellings=sorted({**dict(self.spellings), **spellings}.items()))

    def replacing(self, replacements: Sequence[Replacement]) -> WordSpans:
        """Return the same words with the spellings that result from replacements inside them.

        Args:
            replacements: replacements in order, without overlap, each inside one word or outside of all words.
        """
        if not replacements:
            return self
        positions = np.searchsorted(self.starts, [each.start for each in replacements], side="right") - 1
        inside = [
            (position, each)
            for position, each in zip(positions.tolist(), replacements, strict=True)
            if position >= 0 and each.end <= self.ends[position]
        ]
        return self.respelled(
            {
                position: self._apply_replacements(position, group)
                for position, group in groupby(inside, key=_get_position)
            }
        )

    def with_full_stops(self, positions: Iterable[int]) -> WordSpans:
        """Return the same words, read with a full stop after the words at the given positions.

        Only words that end with a letter or a digit, and addresses at the end of a line, get a full stop. Encoders were
        trained on sentences, most of which end with one. At the end of a line, the full stop is a word of its own.

        Args:
            positions: positions of words, not including the last word.
        """
        spellings: dict[int, str] = {}
        for position in positions:
            (text,) = self.texts(position, position + 1)
            at_line_end = _LINE_END.search(self.text, self.ends[position], self.starts[position + 1])
            if text[-1].isalnum() or (at_line_end and text == ADDRESS):
                spellings[position] = text + (" ." if at_line_end else ".")
        return self.respelled(spellings)

    def _apply_replacements(self, position: int, replacements: Iterable[tuple[int, Replacement]]) -> str:
        start, pieces = int(self.starts[position]), list[str]()
        for _, each in replacements:
            pieces += [self.text[start : each.start], each.text]
            start = each.end
        return "".join([*pieces, self.text[start : self.ends[position]]])


ADDRESS = "@"
"""Text that an e-mail address is read as."""

_get_position = itemgetter(0)
_LINE_END = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
