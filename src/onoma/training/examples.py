"""Training examples from annotated documents: windows of subword ids with targets at the first subwords of words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded, Window, Windower, WordWindower
from onoma.tasks import NO_SPANS, NO_TARGET, Task
from onoma.text import Document, Word, words_touched

BEGINS, ENDS = 1, 2
"""Bit flags of ``edges``: the word is the first of its sentence, and the word is the last of its sentence."""


@dataclass(frozen=True, slots=True)
class Example:
    """A window of a document with its targets.

    Attributes:
        ids: subword ids, including special tokens, ``[subwords]``.
        targets: target of the word of the core that begins at each subword; ``NO_TARGET`` at all other subwords,
            ``[subwords]``.
        edges: whether the word that begins at each subword is the first or last one of its sentence, as the bit flags
            ``BEGINS`` and ``ENDS``, ``[subwords]``.
        spans: first word, last word and label of each entity, if the task predicts spans; words are counted from the
            beginning of the core, ``[spans, 3]``.
    """

    ids: NDArray[np.int32]
    targets: NDArray[np.int32]
    edges: NDArray[np.uint8]
    spans: NDArray[np.int32] = field(default_factory=lambda: NO_SPANS)


def make_examples(
    documents: Iterable[Document], *, windower: Windower, task: Task, unusable: Counter[str]
) -> Iterator[Example]:
    """Convert documents to examples.

    Args:
        documents: documents with gold entities.
        windower: cuts documents into windows.
        task: task that defines the targets.
        unusable: counter of the annotations that had to be changed or left out, by reason; it is updated.
    """
    for group in _group_documents(documents):
        for encoded in windower.encode([split_words_at_entities(document, windower) for document in group]):
            targets, edges = task.targets(encoded, unusable=unusable), sentence_edges(encoded)
            unusable.update(_count_cut_spans(targets.spans, encoded))
            for window, second in _iter_windows(encoded):
                ids = windower.row(encoded, window, second=second)
                words = windower.first_subwords(encoded, window, second=second)
                core = slice(window.core_start, window.core_end)
                example = Example(
                    ids,
                    np.full(len(ids), NO_TARGET, dtype=np.int32),
                    np.zeros(len(ids), dtype=np.uint8),
                    _spans_in_core(targets.spans, window),
                )
                example.targets[words] = targets.words[core]
                example.edges[words] = edges[core]
                yield example


def split_words_at_entities(document: Document, windower: Windower | WordWindower) -> Document:
    """Split words at the bounds of entities, if two entities that do not overlap share a word.

    A document with given words is returned unchanged.
    """
    if document.words is not None or len(document.entities) < 2:
        return document
    words = windower.words(document)
    starts, ends = words.starts.tolist(), words.ends.tolist()
    word_ranges = [words_touched(starts, ends, entity.start, entity.end) for entity in document.entities]
    entities = list(zip(document.entities, word_ranges, strict=True))
    entity_ends = sorted((entity.end, last_word) for entity, (_, last_word) in entities)
    for entity, (first_word, _) in entities:
        before = bisect_right(entity_ends, entity.start, key=itemgetter(0))
        if before and entity_ends[before - 1][1] > first_word:
            break
    else:
        return document
    bounds = sorted({bound for entity in document.entities for bound in (entity.start, entity.end)})
    new_words: list[Word] = []
    for start, end in zip(starts, ends, strict=True):
        inner = bounds[bisect_right(bounds, start) : bisect_left(bounds, end)]
        new_words += [
            Word(start=first, end=last, text=document.text[first:last])
            for first, last in pairwise([start, *inner, end])
        ]
    return replace(document, words=tuple(new_words))


def _iter_windows(encoded: Encoded) -> Iterator[tuple[Window, bool]]:
    """Yield each window with False, and its part that is read a second time, if there is one, with True."""
    for window in encoded.windows:
        yield window, False
        if window.second is not None:
            yield window.second, True


def _spans_in_core(spans: NDArray[np.int32], window: Window) -> NDArray[np.int32]:
    """Return the spans within the core of a window, with words counted from the beginning of the core."""
    is_inside = (spans[:, 0] >= window.core_start) & (spans[:, 1] < window.core_end)
    shift = np.array([window.core_start, window.core_start, 0], dtype=np.int32)
    return spans[is_inside] - shift


def _count_cut_spans(spans: NDArray[np.int32], encoded: Encoded) -> dict[str, int]:
    """Count the spans that are not completely inside the core of one window, by reason."""
    ends = np.array([window.core_end for window in encoded.windows])
    count = int(
        (np.searchsorted(ends, spans[:, 0], side="right") != np.searchsorted(ends, spans[:, 1], side="right")).sum()
    )
    return {"begins in one window and ends in the next: left out": count} if count else {}


def sentence_edges(encoded: Encoded) -> NDArray[np.uint8]:
    """Return the edges of sentences, except those inside a gold entity, which may continue across a line break."""
    edges = np.zeros(len(encoded.words), dtype=np.uint8)
    for start, end in encoded.sentences:
        edges[start] |= BEGINS
        edges[end - 1] |= ENDS
    starts, ends = encoded.words.starts, encoded.words.ends
    for entity in encoded.document.entities if len(encoded.sentences) > 1 else ():
        first, last = words_touched(starts, ends, entity.start, entity.end)
        edges[first + 1 : last] &= ~np.uint8(BEGINS)
        edges[first : max(first, last - 1)] &= ~np.uint8(ENDS)  # an entity may cover no word
    return edges


def _group_documents(documents: Iterable[Document]) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while group := list(islice(iterator, 256)):
        yield group
