"""Annotated documents to training examples: windows of subword ids with a target at each word's first subword."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded, Windower
from onoma.models import NO_TARGET
from onoma.schemes import OUTSIDE, Chunk, Scheme, encode_tags
from onoma.text import Document, Entity


@dataclass(frozen=True, slots=True)
class Example:
    """One window.

    Attributes:
        ids: subword ids with the special tokens, ``[subwords]``.
        targets: tag numbers, numbers of alternatives (see :func:`make_examples`) or ``NO_TARGET``, ``[subwords]``.
    """

    ids: NDArray[np.int32]
    targets: NDArray[np.int64]


def make_examples(
    documents: Iterable[Document],
    *,
    windower: Windower,
    scheme: Scheme,
    labels: Sequence[str],
    unannotated: Sequence[frozenset[str]] = (),
    unusable: Counter[str],
) -> Iterator[Example]:
    """Turn documents into examples.

    A word outside all entities of a document whose annotation lacks some labels may be one of these. Its target is the
    number of tags and then the place of these labels in ``unannotated``.

    Args:
        documents: with gold entities.
        windower: how they are cut.
        scheme: the scheme of the model's tags.
        labels: the model's labels.
        unannotated: the sets of labels that documents lack.
        unusable: counts, by reason, the annotations that could not be used as they are.
    """
    numbers = {tag: number for number, tag in enumerate(scheme.tags(tuple(labels)))}
    outside = {frozenset[str](): numbers[OUTSIDE]} | {
        each: len(numbers) + place for place, each in enumerate(unannotated)
    }
    for group in _groups(documents):
        for encoded in windower.encode(group):
            chunks = gold_chunks(encoded, unusable=unusable)
            tags = encode_tags(chunks, length=len(encoded.words), scheme=scheme)
            own = numbers | {OUTSIDE: outside[encoded.document.unannotated]}
            of_words = np.asarray([own[tag] for tag in tags], dtype=np.int64)
            for window in encoded.windows:
                ids = windower.row(encoded, window)
                targets = np.full(len(ids), NO_TARGET, dtype=np.int64)
                targets[windower.first_subwords(encoded, window)] = of_words[window.core_start : window.core_end]
                yield Example(ids, targets)


def gold_chunks(encoded: Encoded, *, unusable: Counter[str]) -> list[Chunk]:
    """The gold entities in words, without overlap.

    An entity off word bounds grows to the words it touches. Of entities that overlap the longer one is kept, of equal
    ones the first. What is changed or left out is counted in ``unusable``.
    """
    starts, ends = encoded.words.starts.tolist(), encoded.words.ends.tolist()
    taken = np.zeros(len(encoded.words), dtype=bool)
    chunks: list[Chunk] = []
    for entity in sorted(encoded.document.entities, key=_longest_first):
        first, last = bisect_right(ends, entity.start), bisect_left(starts, entity.end)
        if first >= last:
            unusable["covers no word: left out"] += 1
        elif taken[first:last].any():
            unusable["overlaps a longer entity: left out"] += 1
        else:
            if starts[first] != entity.start or ends[last - 1] != entity.end:
                unusable["begins or ends inside a word: grown to the whole word"] += 1
            taken[first:last] = True
            chunks.append(Chunk(first, last, entity.label))
    return sorted(chunks)


def _longest_first(entity: Entity) -> tuple[int, int]:
    return entity.start - entity.end, entity.start


def _groups(documents: Iterable[Document]) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while group := list(islice(iterator, 256)):
        yield group
