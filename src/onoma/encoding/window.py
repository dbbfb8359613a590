"""Subwords to windows that fit the encoder, so that a text of any length is covered.

Windows are cut between words, rather where a sentence begins. Neighbours overlap, and each word is answered for by
exactly one window: the one in which it has most context on its poorer side. This module knows sizes only, neither
texts nor ids.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


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


def cut_windows(bounds: NDArray[np.int64], *, budget: int, overlap: int, breaks: Container[int] = ()) -> list[Window]:
    """Cut a document into windows.

    Args:
        bounds: where each word's subwords begin, ``[words + 1]``.
        budget: how many subwords a window holds, special tokens not counted; no word is larger.
        overlap: how many subwords neighbours share, at least where words allow it.
        breaks: words that begin a sentence.

    Returns:
        Windows in order; none for a document without words.
    """
    words = len(bounds) - 1
    if not words:
        return []
    if bounds[-1] <= budget:
        return [Window(0, words, 0, words)]
    ranges: list[tuple[int, int]] = []
    start = 0
    while start < words:
        end = int(np.searchsorted(bounds, bounds[start] + budget, side="right")) - 1
        if end < words:
            end = _break_within(breaks, after=_word_at(bounds, bounds[end] - budget // 4), until=end) or end
        ranges.append((start, end))
        if end == words:
            break
        latest = _word_at(bounds, bounds[end] - overlap)
        earliest = max(start + 1, _word_at(bounds, bounds[end] - overlap - overlap // 2))
        start = max(start + 1, _break_within(breaks, after=earliest - 1, until=latest) or latest)
    middles = [
        int(np.searchsorted(bounds, (bounds[after[0]] + bounds[before[1]] + 1) // 2))
        for before, after in pairwise(ranges)
    ]
    return [
        Window(start, end, core_start, core_end)
        for (start, end), core_start, core_end in zip(ranges, [0, *middles], [*middles, words], strict=True)
    ]


def _word_at(bounds: NDArray[np.int64], subword: int) -> int:
    """The word to which a subword belongs."""
    return int(np.searchsorted(bounds, subword, side="right")) - 1


def _break_within(breaks: Container[int], *, after: int, until: int) -> int | None:
    """The last break in ``(after, until]``."""
    return next((word for word in range(until, after, -1) if word in breaks), None)
