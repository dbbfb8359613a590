"""Where the words of a document are, in two arrays: a long text has too many words for an object each."""

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
    """Characters ``[start, end)`` of a text that are to be read as another text, inside a word or beside one."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class WordSpans:
    """The words of a text, in order, without overlap.

    Attributes:
        text: the text.
        starts, ends: half-open ranges of its code points, ``[words]`` each.
        spellings: words, by position and in order, that the encoder reads in another spelling than the text's.
        cases: the case that each word is read in, ``[words]``; None where all are read in their own.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    spellings: Sequence[tuple[int, str]] = ()
    cases: NDArray[np.uint8] | None = None

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
        """The words ``[start, end)`` of the list as the encoder reads them."""
        spans = zip(self.starts[start:end].tolist(), self.ends[start:end].tolist(), strict=True)
        texts = [self.text[first:last] for first, last in spans]
        first, last = (bisect_left(self.spellings, position, key=_POSITION) for position in (start, end))
        for position, spelling in self.spellings[first:last]:
            texts[position - start] = spelling
        if self.cases is not None:
            for position in np.flatnonzero(self.cases[start:end]).tolist():
                texts[position] = in_case(texts[position], self.cases[start + position])
        return texts

    def respelled(self, spellings: Mapping[int, str]) -> WordSpans:
        """The same words, read in these spellings; by position."""
        if not spellings:
            return self
        return replace(self, spellings=sorted({**dict(self.spellings), **spellings}.items()))

    def replacing(self, replacements: Sequence[Replacement]) -> WordSpans:
        """The same words, read with the replacements that are inside of them.

        Args:
            replacements: in order, without overlap, each inside one word or outside of all.
        """
        if not replacements:
            return self
        owners = np.searchsorted(self.starts, [each.start for each in replacements], side="right") - 1
        inside = [
            (owner, each)
            for owner, each in zip(owners.tolist(), replacements, strict=True)
            if owner >= 0 and each.end <= self.ends[owner]
        ]
        return self.respelled({owner: self._replaced(owner, own) for owner, own in groupby(inside, key=_POSITION)})

    def closed_at(self, positions: Iterable[int]) -> WordSpans:
        """The same words, read with a full stop behind those at these positions that are read to a letter or a digit,
        or behind an address at a line's end.

        Encoders were trained on sentences, most of which end with one. Behind a line's end it is a word of its own.

        Args:
            positions: of words, the last one excepted.
        """
        spellings: dict[int, str] = {}
        for position in positions:
            (text,) = self.texts(position, position + 1)
            at_line_end = _LINE_END.search(self.text, self.ends[position], self.starts[position + 1])
            if text[-1].isalnum() or (at_line_end and text == ADDRESS):
                spellings[position] = text + (" ." if at_line_end else ".")
        return self.respelled(spellings)

    def _replaced(self, position: int, replacements: Iterable[tuple[int, Replacement]]) -> str:
        start, pieces = int(self.starts[position]), list[str]()
        for _, each in replacements:
            pieces += [self.text[start : each.start], each.text]
            start = each.end
        return "".join([*pieces, self.text[start : self.ends[position]]])


ADDRESS = "@"
"""What an address is read as."""

_POSITION = itemgetter(0)
_LINE_END = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
