"""Training sentences that are also learnt in rows of mixed lengths, for models of short and long texts alike.

A model that has learnt from short texts alone is worse in long windows, though its pre-training knew them; one that has
learnt from full windows alone is worse at single sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice

import numpy as np

from onoma.encoding import Windower
from onoma.text import Document, join, split_sentences

_SHORTEST = 32
"""Subwords; less than most sentences have."""

_TOGETHER = 256


def with_mixed_lengths(documents: Iterable[Document], *, windower: Windower, seed: int) -> Iterator[Document]:
    """Documents, and behind every some of them their sentences, in their order, as new documents of random lengths.

    Each of these holds as many sentences in a row, whatever documents they are from, as fit a length that is drawn for
    it, and at least one. Lengths go up to a whole window, and all of them get the same share of the text, on a
    logarithmic scale. A document without sentence bounds counts as one sentence.

    Args:
        documents: any.
        windower: how they are cut later on.
        seed: of the lengths.
    """
    random = np.random.default_rng(seed)
    stream = iter(documents)
    while together := list(islice(stream, _TOGETHER)):
        yield from together
        yield from _rows(together, windower, random)


def _rows(documents: Sequence[Document], windower: Windower, random: np.random.Generator) -> Iterator[Document]:
    """The sentences of some documents in rows of mixed lengths."""
    sentences = list(chain.from_iterable(map(split_sentences, documents)))
    lengths = (int(encoded.subwords.bounds[-1]) for encoded in windower.encode(sentences))
    around = len(windower.subword_encoder.prefix) + len(windower.subword_encoder.suffix)
    shortest = min(_SHORTEST, windower.window)
    for _, alike in groupby(zip(sentences, lengths, strict=True), key=lambda each: _kind(each[0])):
        row: list[Document] = []
        left = 0.0
        for sentence, subwords in alike:
            if row and subwords > left:
                yield join(row)
                row = []
            if not row:
                left = 1 / random.uniform(1 / windower.window, 1 / shortest) - around
            row.append(sentence)
            left -= subwords
        yield join(row)


def _kind(document: Document) -> tuple[bool, frozenset[str]]:
    """What sentences must have in common to be joined: given words or none, and what is not annotated."""
    return document.words is None, document.unannotated
