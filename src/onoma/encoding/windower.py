"""Encoding of documents as words, subwords and windows, in the same way for training and tagging.

Windows cover a text of any length. Each word belongs to the core of exactly one window. Cores are cut between words,
preferably where a sentence begins, and a window has the same amount of context before and after its core. The last two
windows share the remaining words evenly, so that neither is short.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from onoma.encoding.preprocessing import DocumentWords, read_words
from onoma.encoding.sentence_breaks import SentenceBreaks
from onoma.encoding.subword_cache import Subwords
from onoma.encoding.subword_encoder import SubwordEncoder
from onoma.encoding.words import WordSpans
from onoma.text import Document


@dataclass(frozen=True, slots=True)
class Window:
    """A run of consecutive words that is encoded at once.

    Attributes:
        start, end: half-open range of the words in the window.
        core_start, core_end: half-open range of the words whose scores are kept; the cores of all windows make up the
            whole document.
        second: part of the window that is also encoded in the document's second reading; None if there is none.
    """

    start: int
    end: int
    core_start: int
    core_end: int
    second: Window | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document as the model reads it.

    Attributes:
        document: the original document.
        words: words given by the document, or segmented from its text.
        sentences: half-open ranges of words that no entity crosses: the document's sentences, or else the units of its
            text.
        subwords: subwords of the words; empty for a model that reads words.
        windows: windows that cover the words.
        second: subwords of the words in the second reading; None if there is none. See :mod:`.preprocessing`.
    """

    document: Document
    words: WordSpans
    sentences: tuple[tuple[int, int], ...]
    subwords: Subwords
    windows: tuple[Window, ...]
    second: Subwords | None = None

    def reading(self, *, second: bool) -> Subwords:
        """Return the subwords of the first or the second reading; those of the first if there is no second."""
        return self.second if second and self.second is not None else self.subwords


@dataclass(frozen=True, slots=True)
class Windower:
    """Splitter of documents into words, subwords and windows for an encoder.

    Attributes:
        subword_encoder: encoder of words into subwords.
        window: maximum number of subwords per window, special tokens included.
        overlap: maximum number of subwords that neighbouring windows share.
        structure: whether to search raw text for units and spellings; see :func:`.read_words`.
    """

    subword_encoder: SubwordEncoder
    window: int
    overlap: int
    structure: bool = True

    @classmethod
    def of(cls, tokenizer: Tokenizer, *, window: int, overlap: int, structure: bool = True) -> Windower:
        """Return a windower for a tokenizer, with words that are short enough for a window of any size."""
        windower = cls(SubwordEncoder(tokenizer), window, overlap, structure)
        if windower.subword_encoder.longest_word <= windower.budget:
            return windower
        return replace(windower, subword_encoder=SubwordEncoder(tokenizer, longest_word=windower.budget))

    @property
    def budget(self) -> int:
        """Maximum number of subwords per window, special tokens not counted."""
        return self.window - len(self.subword_encoder.prefix) - len(self.subword_encoder.suffix)

    def words(self, document: Document) -> WordSpans:
        """Return the words given by the document, or those that its text is segmented into."""
        return self._read(document).words

    def encode(self, documents: Sequence[Document]) -> list[Encoded]:
        """Split documents into words, subwords and windows."""
        readings = [self._read(document) for document in documents]
        second_words = [reading.second for reading in readings if reading.second is not None]
        subwords = iter(self.subword_encoder.subwords([*(reading.words for reading in readings), *second_words]))
        first_subwords = [next(subwords) for _ in readings]
        return [
            self._encode(document, reading, first, next(subwords) if reading.second else None)
            for document, reading, first in zip(documents, readings, first_subwords, strict=True)
        ]

    def row(self, encoded: Encoded, window: Window, *, second: bool = False) -> NDArray[np.int32]:
        """Return the subword ids of a window, with special tokens around them, in the first or second reading."""
        subwords = encoded.reading(second=second)
        prefix, suffix = self.subword_encoder.prefix, self.subword_encoder.suffix
        first, last = subwords.bounds[window.start], subwords.bounds[window.end]
        row = np.empty(len(prefix) + last - first + len(suffix), dtype=np.int32)
        row[: len(prefix)] = prefix
        row[len(prefix) : len(row) - len(suffix)] = subwords.ids[first:last]
        row[len(row) - len(suffix) :] = suffix
        return row

    def first_subwords(self, encoded: Encoded, window: Window, *, second: bool = False) -> NDArray[np.int64]:
        """Return the positions in :meth:`row` of the first subword of each word in the window's core."""
        bounds = encoded.reading(second=second).bounds
        word_starts = bounds[window.core_start : window.core_end]
        offsets: NDArray[np.int64] = word_starts - bounds[window.start]
        return offsets + len(self.subword_encoder.prefix)

    def _read(self, document: Document) -> DocumentWords:
        return read_words(document, self.subword_encoder, structure=self.structure)

    def _encode(self, document: Document, reading: DocumentWords, first: Subwords, second: Subwords | None) -> Encoded:
        starts = frozenset(start for start, _ in reading.sentences[1:])
        breaks = SentenceBreaks(reading.words, starts) if document.sentences is None else starts
        windows = cut_windows(first.bounds, budget=self.budget, overlap=self.overlap, breaks=breaks)
        if second is not None and reading.twice is not None:
            bounds, twice = second.bounds, reading.twice
            windows = [replace(each, second=self._cut_second(each, bounds=bounds, twice=twice)) for each in windows]
        return Encoded(document, reading.words, reading.sentences, first, tuple(windows), second)

    def _cut_second(self, window: Window, *, bounds: NDArray[np.int64], twice: NDArray[np.bool_]) -> Window | None:
        """Return the part of a window to read again: the words of its core that are read twice, with context.

        No word has more subwords in the second reading, so this part always fits.
        """
        words = np.flatnonzero(twice[window.core_start : window.core_end])
        if not len(words):
            return None
        core_start, core_end = window.core_start + int(words[0]), window.core_start + int(words[-1]) + 1
        start = max(window.start, _find_first_bound(bounds, bounds[core_start] - self.overlap))
        end = min(window.end, _find_last_bound(bounds, bounds[core_end] + self.overlap))
        return Window(start, end, core_start, core_end)


def cut_windows(bounds: NDArray[np.int64], *, budget: int, overlap: int, breaks: Container[int] = ()) -> list[Window]:
    """Cut a document into windows.

    Args:
        bounds: offset at which each word's subwords begin, and the end of the last word, ``[words + 1]``.
        budget: maximum number of subwords per window, special tokens not counted; no word has more.
        overlap: maximum number of subwords that neighbours share, one half on each side of the cut between their cores.
        breaks: positions of words that begin a sentence; a core preferably ends at the last one in the last third of
            its window.

    Returns:
        Windows in order; an empty list for a document without words.
    """
    word_count = len(bounds) - 1
    context, search_range = overlap // 2, budget // 3
    windows: list[Window] = []
    core_start = 0
    while core_start < word_count:
        # Use less context if the first word of the core would not fit otherwise.
        start = min(
            core_start, _find_first_bound(bounds, max(bounds[core_start] - context, bounds[core_start + 1] - budget))
        )
        remaining = bounds[-1] - bounds[start]
        if remaining <= budget:
            windows.append(Window(start, word_count, core_start, word_count))
            break
        furthest = bounds[start] + budget - context
        if remaining <= 2 * (budget - context) - search_range:
            furthest = min(furthest, bounds[start] + (remaining + search_range) // 2)
        latest = max(core_start + 1, _find_last_bound(bounds, furthest))
        earliest = max(core_start, _find_last_bound(bounds, furthest - search_range))
        core_end = _find_last_break(breaks, after=earliest, until=latest) or latest
        end = _find_last_bound(bounds, min(bounds[core_end] + context, bounds[start] + budget))
        windows.append(Window(start, end, core_start, core_end))
        core_start = core_end
    return windows


def _find_first_bound(bounds: NDArray[np.int64], subword: np.int64) -> int:
    """Return the index of the first bound at or after a subword."""
    return int(np.searchsorted(bounds, subword))


def _find_last_bound(bounds: NDArray[np.int64], subword: np.int64) -> int:
    """Return the index of the last bound at or before a subword."""
    return int(np.searchsorted(bounds, subword, side="right")) - 1


def _find_last_break(breaks: Container[int], *, after: int, until: int) -> int | None:
    """Return the last break in ``(after, until]``; None if there is none."""
    return next((word for word in range(until, after, -1) if word in breaks), None)
