"""Documents to what an encoder reads: the one way, for training and tagging alike.

A text of any length is covered by windows. Each word belongs to the core of exactly one of them. Cores are cut between
words, preferably where a sentence begins, and a window has the same context before and behind its core. What is left
for the last two windows is shared by both, so that none has little to read.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """

    start: int
    end: int
    core_start: int
    core_end: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document as the encoder sees it.

    Attributes:
        document: where it comes from.
        words: its words, given or segmented.
        sentences: half-open ranges of words that no entity crosses: those of the document, or else its paragraphs.
        subwords: the subwords of the words.
        windows: what is encoded at once.
    """

    document: Document
    words: WordSpans
    sentences: tuple[tuple[int, int], ...]
    subwords: Subwords
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Windower:
    """How documents are cut for an encoder.

    Attributes:
        subword_encoder: words to subwords.
        window: subwords of a window, special tokens included.
        overlap: subwords that neighbouring windows share at most.
    """

    subword_encoder: SubwordEncoder
    window: int
    overlap: int

    def encode(self, documents: Sequence[Document]) -> list[Encoded]:
        """Cut documents into words, subwords and windows."""
        words = [self.subword_encoder.words(document) for document in documents]
        return [
            self._encode(document, own, subwords)
            for document, own, subwords in zip(documents, words, self.subword_encoder.subwords(words), strict=True)
        ]

    def row(self, encoded: Encoded, window: Window) -> NDArray[np.int32]:
        """The ids of a window with the special tokens around them."""
        bounds, before, behind = encoded.subwords.bounds, self.subword_encoder.prefix, self.subword_encoder.suffix
        first, last = bounds[window.start], bounds[window.end]
        row = np.empty(len(before) + last - first + len(behind), dtype=np.int32)
        row[: len(before)] = before
        row[len(before) : len(row) - len(behind)] = encoded.subwords.ids[first:last]
        row[len(row) - len(behind) :] = behind
        return row

    def first_subwords(self, encoded: Encoded, window: Window) -> NDArray[np.int64]:
        """Where in :meth:`row` the words that the window answers for have their first subword."""
        bounds = encoded.subwords.bounds
        own = bounds[window.core_start : window.core_end]
        inside: NDArray[np.int64] = own - bounds[window.start]
        return inside + len(self.subword_encoder.prefix)

    def _encode(self, document: Document, words: WordSpans, subwords: Subwords) -> Encoded:
        sentences = _sentences(document, words)
        given = frozenset(start for start, _ in sentences[1:]) if document.sentences else None
        breaks = SentenceBreaks(words) if given is None else given
        budget = self.window - len(self.subword_encoder.prefix) - len(self.subword_encoder.suffix)
        windows = cut_windows(subwords.bounds, budget=budget, overlap=self.overlap, breaks=breaks)
        return Encoded(document, words, sentences, subwords, tuple(windows))


_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def _sentences(document: Document, words: WordSpans) -> tuple[tuple[int, int], ...]:
    """The document's sentences in words, or where it names none its paragraphs, which blank lines part.

    Words before the first or between two belong to the one before.
    """
    if not len(words):
        return ()
    if not document.sentences and "\n" not in document.text:
        return ((0, len(words)),)
    if document.sentences:
        starts = [sentence.start for sentence in document.sentences]
    else:
        starts = [match.end() for match in _BLANK_LINE.finditer(document.text)]
    firsts = np.searchsorted(words.starts, starts)
    cuts = sorted({0, *firsts.tolist()} - {len(words)})
    return tuple(zip(cuts, [*cuts[1:], len(words)], strict=True))


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
