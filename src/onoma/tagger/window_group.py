"""Windows of several documents that are batched together, and the scores of their words as they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Window, Windower, pad
from onoma.runtime import PaddedBatch, WordScorer
from onoma.tagger.prediction import DocumentInProgress


@dataclass(frozen=True, slots=True)
class DocumentWindow:
    """A window with the document that it belongs to."""

    document: DocumentInProgress
    window: Window


class WindowRow(NamedTuple):
    """Subword ids of a window, or of the part of it that is read a second time.

    Attributes:
        position: index of the window in its group.
        ids: subword ids with special tokens, ``[subwords]``.
        window: the window, or the part of it that is read a second time.
        second: whether this is the second reading.
    """

    position: int
    ids: NDArray[np.int32]
    window: Window
    second: bool


EMPTY = Window(0, 0, 0, 0)
"""Placeholder for a document without words, so that it keeps its place in the stream."""


@dataclass(slots=True)
class WindowGroup:
    """Consecutive windows that are batched together.

    Attributes:
        windows: the windows, in order.
        offsets: offset in ``scores`` at which the words of each window begin, and the end of the last,
            ``[windows + 1]``.
        scores: scores of the words in the cores of the windows, ``[words, *shape]``; the mean if a word is read twice.
        missing: number of rows whose scores have not arrived yet.
    """

    windows: list[DocumentWindow]
    offsets: list[int]
    scores: NDArray[np.float32]
    missing: int = 0

    @classmethod
    def of(cls, windows: list[DocumentWindow], *, shape: tuple[int, ...]) -> WindowGroup:
        """Return the group of some windows, whose scores are 0 until they arrive."""
        core_sizes = (each.window.core_end - each.window.core_start for each in windows)
        offsets = list(accumulate(core_sizes, initial=0))
        return cls(windows, offsets, np.zeros((offsets[-1], *shape), dtype=np.float32))

    def rows(self, windower: Windower) -> list[WindowRow]:
        """Return all rows to encode, and count them as missing."""
        rows = [
            WindowRow(position, windower.row(each.document.encoded, window, second=second), window, second)
            for position, each in enumerate(self.windows)
            for window, second in ((each.window, False), (each.window.second, True))
            if window is not None
        ]
        self.missing = len(rows)
        return rows

    def batch(self, rows: list[WindowRow], windower: Windower) -> PaddedBatch:
        """Return some of the rows as a padded batch, which marks the subwords whose scores are needed."""
        ids, mask = pad([row.ids for row in rows], filler=windower.subword_encoder.pad)
        is_needed = np.zeros(ids.shape, dtype=bool)
        for row_mask, row in zip(is_needed, rows, strict=True):
            encoded = self.windows[row.position].document.encoded
            row_mask[windower.first_subwords(encoded, row.window, second=row.second)] = True
        return PaddedBatch(ids, mask, is_needed)

    def add_scores(self, rows: list[WindowRow], scores: NDArray[np.float32], windower: Windower) -> None:
        """Add the scores of a batch's words."""
        for row, row_scores in zip(rows, scores, strict=True):
            encoded, window = self.windows[row.position].document.encoded, self.windows[row.position].window
            word_scores = row_scores[windower.first_subwords(encoded, row.window, second=row.second)]
            if second := window.second:
                word_scores[second.core_start - row.window.core_start : second.core_end - row.window.core_start] /= 2
            offset = self.offsets[row.position] + row.window.core_start - window.core_start
            self.scores[offset : offset + len(word_scores)] += word_scores
        self.missing -= len(rows)

    def score(self, scorer: WordScorer) -> None:
        """Score all words at once with a model that reads words."""
        windows = [(position, each) for position, each in enumerate(self.windows) if each.window != EMPTY]
        texts = [each.document.encoded.words.texts(each.window.start, each.window.end) for _, each in windows]
        for (position, each), scores in zip(windows, scorer.score(texts), strict=True):
            window, rows = each.window, slice(self.offsets[position], self.offsets[position + 1])
            self.scores[rows] = scores[window.core_start - window.start : window.core_end - window.start]

    def documents(self) -> Iterator[tuple[DocumentInProgress, NDArray[np.float32]]]:
        """Yield each document with the scores of its words in this group."""
        end = 0
        for document, windows in groupby(self.windows, key=lambda each: each.document):
            start, end = end, end + sum(1 for _ in windows)
            yield document, self.scores[self.offsets[start] : self.offsets[end]]
