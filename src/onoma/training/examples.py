"""Annotated documents to training examples: windows of subword ids with a target at each word's first subword."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded, Window, Windower, WordWindower
from onoma.tasks import NO_SPANS, NO_TARGET, Task
from onoma.text import Document, Word, words_touched

BEGINS, ENDS = 1, 2
"""Bits of an edge: the word begins its sentence, the word ends it."""


@dataclass(frozen=True, slots=True)
class Example:
    """One window.

    Attributes:
        ids: subword ids with the special tokens, ``[subwords]``.
        targets: the task's, and ``NO_TARGET`` where no word of the window's core begins, ``[subwords]``.
        edges: whether the word that begins there is the first or the last one of its sentence, ``[subwords]``.
        spans: first word, last word and label of entities, where the task predicts spans; words of the core, counted
            from 0, ``[spans, 3]``.
    """

    ids: NDArray[np.int32]
    targets: NDArray[np.int32]
    edges: NDArray[np.uint8]
    spans: NDArray[np.int32] = field(default_factory=lambda: NO_SPANS)


def make_examples(
    documents: Iterable[Document], *, windower: Windower, task: Task, unusable: Counter[str]
) -> Iterator[Example]:
    """Turn documents into examples.

    Args:
        documents: with gold entities.
        windower: how they are cut.
        task: what the model predicts.
        unusable: counts, by reason, the annotations that could not be used as they are.
    """
    for group in _groups(documents):
        for encoded in windower.encode([with_cut_words(document, windower) for document in group]):
            targets, edges = task.targets(encoded, unusable=unusable), _edges(encoded)
            unusable.update(_cut_by_windows(targets.spans, encoded))
            for window, second in _read(encoded):
                ids = windower.row(encoded, window, second=second)
                words = windower.first_subwords(encoded, window, second=second)
                core = slice(window.core_start, window.core_end)
                example = Example(
                    ids,
                    np.full(len(ids), NO_TARGET, dtype=np.int32),
                    np.zeros(len(ids), dtype=np.uint8),
                    _inside(targets.spans, window),
                )
                example.targets[words] = targets.words[core]
                example.edges[words] = edges[core]
                yield example


def with_cut_words(document: Document, windower: Windower | WordWindower) -> Document:
    """The document with words cut at the bounds of its entities, if two that do not overlap share a word.

    Words that the document gives stay as they are.
    """
    if document.words is not None or len(document.entities) < 2:
        return document
    words = windower.words(document)
    starts, ends = words.starts.tolist(), words.ends.tolist()
    touched = [words_touched(starts, ends, entity.start, entity.end) for entity in document.entities]
    neighbours = pairwise(zip(document.entities, touched, strict=True))
    if not any(after[0].start >= before[0].end and after[1][0] < before[1][1] for before, after in neighbours):
        return document
    bounds = {bound for entity in document.entities for bound in (entity.start, entity.end)}
    cut: list[Word] = []
    for start, end in zip(starts, ends, strict=True):
        inside = sorted({start, end, *(bound for bound in bounds if start < bound < end)})
        cut += [Word(start=first, end=last, text=document.text[first:last]) for first, last in pairwise(inside)]
    return replace(document, words=tuple(cut))


def _read(encoded: Encoded) -> Iterator[tuple[Window, bool]]:
    """What is read: each window, and the part of it that is read a second time."""
    for window in encoded.windows:
        yield window, False
        if window.second is not None:
            yield window.second, True


def _inside(spans: NDArray[np.int32], window: Window) -> NDArray[np.int32]:
    """The spans within the core of a window, by words of the core."""
    inside = (spans[:, 0] >= window.core_start) & (spans[:, 1] < window.core_end)
    shift = np.array([window.core_start, window.core_start, 0], dtype=np.int32)
    return spans[inside] - shift


def _cut_by_windows(spans: NDArray[np.int32], encoded: Encoded) -> dict[str, int]:
    """How many spans are in no core as a whole, by reason."""
    ends = np.array([window.core_end for window in encoded.windows])
    cut = int(
        (np.searchsorted(ends, spans[:, 0], side="right") != np.searchsorted(ends, spans[:, 1], side="right")).sum()
    )
    return {"begins in one window and ends in the next: left out": cut} if cut else {}


def _edges(encoded: Encoded) -> NDArray[np.uint8]:
    """The edges of sentences, but for those that are inside of a gold entity: it may go on over a line's end."""
    edges = np.zeros(len(encoded.words), dtype=np.uint8)
    for start, end in encoded.sentences:
        edges[start] |= BEGINS
        edges[end - 1] |= ENDS
    starts, ends = encoded.words.starts, encoded.words.ends
    for entity in encoded.document.entities if len(encoded.sentences) > 1 else ():
        first, last = words_touched(starts, ends, entity.start, entity.end)
        edges[first + 1 : last] &= ~np.uint8(BEGINS)
        edges[first : last - 1] &= ~np.uint8(ENDS)
    return edges


def _groups(documents: Iterable[Document]) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while group := list(islice(iterator, 256)):
        yield group
