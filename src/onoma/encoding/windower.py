"""Documents to what an encoder reads: the one way, for training and tagging alike.

A text of any length is covered by windows. Each word belongs to the core of exactly one of them. Cores are cut between
words, preferably where a sentence begins, and a window has the same context before and behind its core. What is left
for the last two windows is shared by both, so that none has little to read.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onoma.encoding.reading import DocumentWords, read_words
from onoma.encoding.segment import SentenceBreaks
from onoma.encoding.subword_cache import Subwords
from onoma.encoding.subword_encoder import SubwordEncoder
from onoma.encoding.words import WordSpans
from onoma.text import Document


@dataclass(frozen=True, slots=True)
class Window:
    """A run of words that is encoded at once.

    Attributes:
        start, end: the words it holds.
        core_start, core_end: the words it answers for; over all windows these make up the whole document.
        second: the part of it that is also encoded in the document's second reading.
    """

    start: int
    end: int
    core_start: int
    core_end: int
    second: Window | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document as the model sees it.

    Attributes:
        document: where it comes from.
        words: its words, given or segmented.
        sentences: half-open ranges of words that no entity crosses: the document's sentences, or else the units of its
            text.
        subwords: the subwords of the words; none for a model of words.
        windows: what is encoded at once.
        second: the subwords of the words in another reading; see :mod:`.reading`.
    """

    document: Document
    words: WordSpans
    sentences: tuple[tuple[int, int], ...]
    subwords: Subwords
    windows: tuple[Window, ...]
    second: Subwords | None = None

    def reading(self, *, second: bool) -> Subwords:
        """The subwords of the first or the second reading."""
        return self.second if second and self.second is not None else self.subwords


@dataclass(frozen=True, slots=True)
class Windower:
    """How documents are cut for an encoder.

    Attributes:
        subword_encoder: words to subwords.
        window: subwords of a window, special tokens included.
        overlap: subwords that neighbouring windows share at most.
        structure: whether raw text is looked through for units and spellings; see :func:`.read_words`.
    """

    subword_encoder: SubwordEncoder
    window: int
    overlap: int
    structure: bool = True

    def words(self, document: Document) -> WordSpans:
        """The document's given words, or those that its text is segmented into."""
        return self._read(document).words

    def encode(self, documents: Sequence[Document]) -> list[Encoded]:
        """Cut documents into words, subwords and windows."""
        readings = [self._read(document) for document in documents]
        seconds = [reading.second for reading in readings if reading.second is not None]
        subwords = iter(self.subword_encoder.subwords([*(reading.words for reading in readings), *seconds]))
        firsts = [next(subwords) for _ in readings]
        return [
            self._encode(document, reading, first, next(subwords) if reading.second else None)
            for document, reading, first in zip(documents, readings, firsts, strict=True)
        ]

    def row(self, encoded: Encoded, window: Window, *, second: bool = False) -> NDArray[np.int32]:
        """The ids of a window with the special tokens around them, in the document's first or second reading."""
        subwords = encoded.reading(second=second)
        before, behind = self.subword_encoder.prefix, self.subword_encoder.suffix
        first, last = subwords.bounds[window.start], subwords.bounds[window.end]
        row = np.empty(len(before) + last - first + len(behind), dtype=np.int32)
        row[: len(before)] = before
        row[len(before) : len(row) - len(behind)] = subwords.ids[first:last]
        row[len(row) - len(behind) :] = behind
        return row

    def first_subwords(self, encoded: Encoded, window: Window, *, second: bool = False) -> NDArray[np.int64]:
        """Where in :meth:`row` the words that the window answers for have their first subword."""
        bounds = encoded.reading(second=second).bounds
        own = bounds[window.core_start : window.core_end]
        inside: NDArray[np.int64] = own - bounds[window.start]
        return inside + len(self.subword_encoder.prefix)

    def _read(self, document: Document) -> DocumentWords:
        return read_words(document, self.subword_encoder, structure=self.structure)

    def _encode(self, document: Document, reading: DocumentWords, first: Subwords, second: Subwords | None) -> Encoded:
        starts = frozenset(start for start, _ in reading.sentences[1:])
        breaks = SentenceBreaks(reading.words, starts) if document.sentences is None else starts
        budget = self.window - len(self.subword_encoder.prefix) - len(self.subword_encoder.suffix)
        windows = cut_windows(first.bounds, budget=budget, overlap=self.overlap, breaks=breaks)
        if second is not None and reading.twice is not None:
            bounds, twice = second.bounds, reading.twice
            windows = [replace(each, second=self._second(each, bounds=bounds, twice=twice)) for each in windows]
        return Encoded(document, reading.words, reading.sentences, first, tuple(windows), second)

    def _second(self, window: Window, *, bounds: NDArray[np.int64], twice: NDArray[np.bool_]) -> Window | None:
        """The part of a window to be read again: the words of its core that are read twice, and some around them.

        No word has more subwords in the second reading, so that this part fits.
        """
        words = np.flatnonzero(twice[window.core_start : window.core_end])
        if not len(words):
            return None
        core, core_end = window.core_start + int(words[0]), window.core_start + int(words[-1]) + 1
        start = max(window.start, _first_from(bounds, bounds[core] - self.overlap))
        end = min(window.end, _last_until(bounds, bounds[core_end] + self.overlap))
        return Window(start, end, core, core_end)


def cut_windows(bounds: NDArray[np.int64], *, budget: int, overlap: int, breaks: Container[int] = ()) -> list[Window]:
    """Cut a document into windows.

    Args:
        bounds: where each word's subwords begin, ``[words + 1]``.
        budget: how many subwords a window holds, special tokens not counted; no word is larger.
        overlap: how many subwords neighbours share at most, one half on each side of the cut between their cores.
        breaks: words that begin a sentence; a core ends rather at the last one in the last third of its window.

    Returns:
        Windows in order; none for a document without words.
    """
    words = len(bounds) - 1
    context, span = overlap // 2, budget // 3
    windows: list[Window] = []
    core = 0
    while core < words:
        # The context shrinks where the word behind it would not fit.
        start = min(core, _first_from(bounds, max(bounds[core] - context, bounds[core + 1] - budget)))
        left = bounds[-1] - bounds[start]
        if left <= budget:
            windows.append(Window(start, words, core, words))
            break
        furthest = bounds[start] + budget - context
        if left <= 2 * (budget - context) - span:
            furthest = min(furthest, bounds[start] + (left + span) // 2)
        latest = max(core + 1, _last_until(bounds, furthest))
        earliest = max(core, _last_until(bounds, furthest - span))
        core_end = _break_within(breaks, after=earliest, until=latest) or latest
        end = _last_until(bounds, min(bounds[core_end] + context, bounds[start] + budget))
        windows.append(Window(start, end, core, core_end))
        core = core_end
    return windows


def _first_from(bounds: NDArray[np.int64], subword: np.int64) -> int:
    """The first bound that is not before a subword."""
    return int(np.searchsorted(bounds, subword))


def _last_until(bounds: NDArray[np.int64], subword: np.int64) -> int:
    """The last bound that is not behind a subword."""
    return int(np.searchsorted(bounds, subword, side="right")) - 1


def _break_within(breaks: Container[int], *, after: int, until: int) -> int | None:
    """The last break in ``(after, until]``."""
    return next((word for word in range(until, after, -1) if word in breaks), None)
