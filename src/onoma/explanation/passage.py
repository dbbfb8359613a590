"""A span and the window it is read in, as ids in which any words can be hidden.

A word is hidden by putting the mask token in place of each of its subwords, so that all other words stay where they
are. This module knows neither labels nor scores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded, Windower
from onoma.errors import InputError
from onoma.text import Word, words_touched


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """The window around a span.

    Attributes:
        words: those of the window, at their places in the document.
        span: the words that are asked about, a half-open range of ``words``.
        sentence: the part of their sentence that the window holds, likewise.
        ids: of the window's subwords, special tokens included, ``[subwords]``.
        owners: the word that each subword belongs to, -1 for special tokens, ``[subwords]``.
        firsts: where each word has its first subword, which is the one that a head reads, ``[words]``.
        blank: the token for hidden subwords.
    """

    words: tuple[Word, ...]
    span: tuple[int, int]
    sentence: tuple[int, int]
    ids: NDArray[np.int64]
    owners: NDArray[np.int64]
    firsts: NDArray[np.int64]
    blank: int

    @classmethod
    def of(cls, windower: Windower, encoded: Encoded, start: int, end: int) -> Passage:
        """The window that answers for most of the words ``[start, end)`` of a document, of those that hold them all.

        Raises:
            InputError: the words are in more than one sentence, or no window holds them all.
        """
        document = encoded.document
        characters = f"span {encoded.words.starts[start]}:{encoded.words.ends[end - 1]}"
        sentence = next((each for each in encoded.sentences if each[0] <= start and end <= each[1]), None)
        if sentence is None:
            raise InputError(f"{characters}: crosses the end of a sentence, and entities do not; choose a part of it")
        holding = [window for window in encoded.windows if window.start <= start and end <= window.end]
        if not holding:
            raise InputError(
                f"{characters}: has more subwords than the {windower.window} of a window; choose a part of it"
            )
        chosen = max(holding, key=lambda each: min(end, each.core_end) - max(start, each.core_start))
        window = replace(chosen, core_start=chosen.start, core_end=chosen.end)
        places = zip(
            encoded.words.starts[window.start : window.end].tolist(),
            encoded.words.ends[window.start : window.end].tolist(),
            strict=True,
        )
        ids = windower.row(encoded, window).astype(np.int64)
        firsts = windower.first_subwords(encoded, window)
        owners = np.searchsorted(firsts, np.arange(len(ids)), side="right") - 1
        owners[len(ids) - len(windower.subword_encoder.suffix) :] = -1
        return cls(
            words=tuple(Word(start=first, end=last, text=document.text[first:last]) for first, last in places),
            span=(start - window.start, end - window.start),
            sentence=(max(sentence[0], window.start) - window.start, min(sentence[1], window.end) - window.start),
            ids=ids,
            owners=owners,
            firsts=firsts,
            blank=_blank(windower),
        )

    def hiding(self, hidden: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The ids with words hidden, ``[rows, words]`` to ``[rows, subwords]``."""
        never = np.zeros((len(hidden), 1), dtype=bool)
        covered = np.concatenate([hidden, never], axis=1)[:, self.owners]
        return np.where(covered, self.blank, self.ids)


def words_at(encoded: Encoded, start: int, end: int) -> tuple[int, int]:
    """The words that characters ``[start, end)`` of a document touch, as a half-open range.

    Raises:
        InputError: they are not in the text, or touch no word.
    """
    length = len(encoded.document.text)
    if not 0 <= start < end <= length:
        raise InputError(f"span {start}:{end}: is not in the text, which has {length:,} characters; count from 0")
    first, last = words_touched(encoded.words.starts, encoded.words.ends, start, end)
    if first >= last:
        raise InputError(f"span {start}:{end}: has no word, only {encoded.document.text[start:end]!r}")
    return first, last


def _blank(windower: Windower) -> int:
    """The mask token, or the unknown token if the vocabulary has none."""
    found = (windower.subword_encoder.tokenizer.token_to_id(token) for token in ("[MASK]", "<mask>"))
    return next((number for number in found if number is not None), windower.subword_encoder.unknown)
