"""Training text in pieces of mixed lengths, for models that are to read single sentences and long texts alike.

A model that has learnt from short texts alone has tuned only the first positions of a window, and is worse at what
stands far behind in a long one; a model that has learnt from full windows alone is worse at single sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice

import numpy as np

from onoma.encoding import Windower
from onoma.text import Document, join, split_sentences

_SHORTEST = 32
"""Subwords; less than most sentences have."""

_TOGETHER = 256


def with_mixed_lengths(documents: Iterable[Document], *, windower: Windower, seed: int) -> Iterator[Document]:
    """The sentences of some documents, in their order, as new documents of random lengths.

    Each holds as many sentences in a row, whatever documents they are from, as fit a length that is drawn for it, and
    at least one. Lengths go up to a whole window, and all of them get the same share of the text, on a logarithmic
    scale. A document without sentence bounds counts as one sentence.

    Args:
        documents: any.
        windower: how they are cut later on.
        seed: of the lengths.
    """
    random = np.random.default_rng(seed)
    around = len(windower.subword_encoder.prefix) + len(windower.subword_encoder.suffix)
    shortest = min(_SHORTEST, windower.window)

    def draw() -> float:
        return 1 / random.uniform(1 / windower.window, 1 / shortest) - around

    for _, alike in groupby(_measured(documents, windower), key=lambda each: _kind(each[0])):
        group: list[Document] = []
        room = 0.0
        for sentence, subwords in alike:
            if group and subwords > room:
                yield join(group)
                group = []
            if not group:
                room = draw()
            group.append(sentence)
            room -= subwords
        yield join(group)


def _measured(documents: Iterable[Document], windower: Windower) -> Iterator[tuple[Document, int]]:
    """The sentences of documents, and how many subwords each has."""
    sentences = chain.from_iterable(map(split_sentences, documents))
    while together := list(islice(sentences, _TOGETHER)):
        for sentence, encoded in zip(together, windower.encode(together), strict=True):
            yield sentence, int(encoded.subwords.bounds[-1])


def _kind(document: Document) -> tuple[bool, frozenset[str]]:
    """What sentences must have in common to be joined: given words or none, and what is not annotated."""
    return document.words is None, document.unannotated
