"""Data augmentation with documents of random lengths, for models that tag short and long texts equally well.

A model that was trained only on short texts is worse on long windows, although its encoder was pre-trained on them. A
model that was trained only on full windows is worse on single sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice

import numpy as np

from onoma.encoding import Windower
from onoma.text import Document, join, split_sentences

_MIN_LENGTH = 32
"""Minimum target length in subwords; fewer than most sentences have."""

_GROUP_SIZE = 256


def with_mixed_lengths(documents: Iterable[Document], *, windower: Windower, seed: int) -> Iterator[Document]:
    """Yield all documents, and after each group of them their sentences again, joined to documents of random lengths.

    A length is drawn for each new document. The document consists of as many consecutive sentences as fit into this
    length, but at least one; they may be from different original documents. Lengths go up to a full window, and their
    distribution gives each length the same share of the text, on a logarithmic scale. A document without sentence
    bounds counts as one sentence.

    Args:
        documents: documents to yield.
        windower: windower that later cuts the documents into windows.
        seed: random seed of the lengths.
    """
    random = np.random.default_rng(seed)
    stream = iter(documents)
    while group := list(islice(stream, _GROUP_SIZE)):
        yield from group
        yield from _join_sentences(group, windower, random)


def _join_sentences(
    documents: Sequence[Document], windower: Windower, random: np.random.Generator
) -> Iterator[Document]:
    """Yield the sentences of some documents, joined to documents of random lengths."""
    sentences = list(chain.from_iterable(map(split_sentences, documents)))
    lengths = (int(encoded.subwords.bounds[-1]) for encoded in windower.encode(sentences))
    special_subwords = len(windower.subword_encoder.prefix) + len(windower.subword_encoder.suffix)
    min_length = min(_MIN_LENGTH, windower.window)
    for _, group in groupby(zip(sentences, lengths, strict=True), key=lambda each: _joining_key(each[0])):
        pending: list[Document] = []
        subwords_left = 0.0
        for sentence, subwords in group:
            if pending and subwords > subwords_left:
                yield join(pending)
                pending = []
            if not pending:
                subwords_left = 1 / random.uniform(1 / windower.window, 1 / min_length) - special_subwords
            pending.append(sentence)
            subwords_left -= subwords
        yield join(pending)


def _joining_key(document: Document) -> tuple[bool, frozenset[str]]:
    """Return the properties that joined sentences must share: whether words are given, and the unannotated labels."""
    return document.words is None, document.unannotated
