"""A span and its window as subword ids, in which any words can be hidden.

A word is hidden by replacing each of its subwords with the mask token, so that all other words keep their positions.
This module does not depend on labels or scores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded, Window, Windower
from onoma.errors import InputError
from onoma.text import Word, words_touched


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A span and the window that contains it.

    Attributes:
        words: words of the window, with their character offsets in the document.
        span: words of the span, as a half-open range of ``words``.
        sentence: part of the span's sentence that is in the window, as a half-open range of ``words``.
        ids: subword ids of the window, including special tokens, ``[subwords]``.
        owners: index of the word of each subword, -1 for special tokens, ``[subwords]``.
        firsts: position of the first subword of each word, whose hidden state the head reads, ``[words]``.
        blank: id that replaces hidden subwords.
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
        """Return the passage of the words ``[start, end)`` of a document.

        Of the tagger's windows that contain all these words, the one with the most of them in its core is chosen; if
        there is none, a window with these words in its middle.

        Raises:
            InputError: the words are in more than one sentence, or have more subwords than a window.
        """
        document = encoded.document
        location = f"span {encoded.words.starts[start]}:{encoded.words.ends[end - 1]}"
        sentence = next((each for each in encoded.sentences if each[0] <= start and end <= each[1]), None)
        if sentence is None:
            raise InputError(f"{location}: crosses the end of a sentence, and entities do not; choose a part of it")
        candidates = [window for window in encoded.windows if window.start <= start and end <= window.end]
        chosen = (
            max(candidates, key=lambda each: min(end, each.core_end) - max(start, each.core_start))
            if candidates
            else _window_around(windower, encoded, start, end)
        )
        if chosen is None:
            raise InputError(
                f"{location}: has more subwords than the {windower.window} of a window; choose a part of it"
            )
        window = replace(chosen, core_start=chosen.start, core_end=chosen.end)
        offsets = zip(
            encoded.words.starts[window.start : window.end].tolist(),
            encoded.words.ends[window.start : window.end].tolist(),
            strict=True,
        )
        ids = windower.row(encoded, window).astype(np.int64)
        first_subwords = windower.first_subwords(encoded, window)
        owners = np.searchsorted(first_subwords, np.arange(len(ids)), side="right") - 1
        owners[len(ids) - len(windower.subword_encoder.suffix) :] = -1
        return cls(
            words=tuple(Word(start=first, end=last, text=document.text[first:last]) for first, last in offsets),
            span=(start - window.start, end - window.start),
            sentence=(max(sentence[0], window.start) - window.start, min(sentence[1], window.end) - window.start),
            ids=ids,
            owners=owners,
            firsts=first_subwords,
            blank=_mask_token_id(windower),
        )

    def hiding(self, hidden: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the ids with words hidden, ``[rows, subwords]``; ``hidden`` is a mask ``[rows, words]``."""
        not_hidden = np.zeros((len(hidden), 1), dtype=bool)
        hidden_subwords = np.concatenate([hidden, not_hidden], axis=1)[:, self.owners]
        return np.where(hidden_subwords, self.blank, self.ids)


def _window_around(windower: Windower, encoded: Encoded, start: int, end: int) -> Window | None:
    """Return a window with the words ``[start, end)`` in its middle; None if they do not fit into one."""
    bounds = encoded.subwords.bounds
    context = windower.budget - (bounds[end] - bounds[start])
    if context < 0:
        return None
    first = int(np.searchsorted(bounds, bounds[start] - context // 2))
    last = int(np.searchsorted(bounds, bounds[first] + windower.budget, side="right")) - 1
    return Window(first, last, start, end)


def words_at(encoded: Encoded, start: int, end: int) -> tuple[int, int]:
    """Return the half-open range of the words that the characters ``[start, end)`` of a document touch.

    Raises:
        InputError: the characters are not in the text, or touch no word.
    """
    length = len(encoded.document.text)
    if not 0 <= start < end <= length:
        raise InputError(f"span {start}:{end}: is not in the text, which has {length:,} characters; count from 0")
    first, last = words_touched(encoded.words.starts, encoded.words.ends, start, end)
    if first >= last:
        raise InputError(f"span {start}:{end}: has no word, only {encoded.document.text[start:end]!r}")
    return first, last


def _mask_token_id(windower: Windower) -> int:
    """Return the id of the mask token, or of the unknown token if the vocabulary has no mask token."""
    token_ids = (windower.subword_encoder.tokenizer.token_to_id(token) for token in ("[MASK]", "<mask>"))
    return next((number for number in token_ids if number is not None), windower.subword_encoder.unknown)
