"""Emissions of words to scored entities of words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.decoding.marginals import Lattice
from onoma.decoding.transitions import Transitions
from onoma.decoding.viterbi import best_tags
from onoma.schemes import Chunk, Scheme, decode_tags

_LATTICE_WORDS = 16_384
"""Padded words that go through one lattice at most."""

_LONGEST = 2_048
"""A longer sentence is decoded in pieces, so that memory stays bounded."""


class ScoredChunk(NamedTuple):
    """Words ``[start, end)`` with a label and the probability of just this span and label."""

    start: int
    end: int
    label: str
    score: float


class Decoder:
    """Reads entities out of tag scores under a scheme.

    Args:
        scheme: what the tags mean.
        labels: the entity types, in the order of the model's tags.
    """

    def __init__(self, *, scheme: Scheme, labels: Sequence[str]) -> None:
        self.scheme = scheme
        self.tags = scheme.tags(tuple(labels))
        self._numbers = {tag: number for number, tag in enumerate(self.tags)}
        self._transitions = Transitions.of(scheme, self.tags)

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[list[ScoredChunk]]:
        """Find the entities of many sentences.

        Args:
            sentences: tag scores before any softmax, each ``[words, tags]``.

        Returns:
            Each sentence's entities in order.

        A sentence of more than 2,048 words, as a long text without sentence bounds is, is decoded in pieces that begin
        at a word which is surely outside every entity; its scores are exact up to that word's doubt.
        """
        cuts = [_cuts(scores) for scores in sentences]
        pieces = [
            scores[start:end] for scores, own in zip(sentences, cuts, strict=True) for start, end in pairwise(own)
        ]
        decoded = iter(self._decode(pieces))
        return [
            [
                chunk._replace(start=chunk.start + offset, end=chunk.end + offset)
                for offset in own[:-1]
                for chunk in next(decoded)
            ]
            for own in cuts
        ]

    def _decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[list[ScoredChunk]]:
        found: list[list[ScoredChunk]] = [[] for _ in sentences]
        decoded: dict[int, tuple[NDArray[np.int64], tuple[Chunk, ...]]] = {}
        for position, scores in enumerate(sentences):
            numbers = best_tags(scores, self._transitions)
            if numbers.any():
                chunks = decode_tags([self.tags[number] for number in numbers], self.scheme).chunks
                decoded[position] = (numbers, chunks)
        for group in _groups({position: len(numbers) for position, (numbers, _) in decoded.items()}):
            lattice = Lattice.over([_softmax(sentences[position]) for position in group], self._transitions)
            for row, position in enumerate(group):
                numbers, chunks = decoded[position]
                found[position] = [
                    ScoredChunk(*chunk, lattice.probability(row, chunk.start, numbers[chunk.start : chunk.end]))
                    for chunk in chunks
                ]
        return found


def _cuts(scores: NDArray[np.floating]) -> list[int]:
    """Where the pieces of a sentence begin, and its end: rather before the word that is most surely outside."""
    cuts = [0]
    while len(scores) - cuts[-1] > _LONGEST:
        start = cuts[-1] + 3 * _LONGEST // 4
        stretch = scores[start : cuts[-1] + _LONGEST]
        doubt = stretch[:, 1:].max(axis=1, initial=-np.inf) - stretch[:, 0]
        cuts.append(start + int(doubt.argmin()))
    return [*cuts, len(scores)]


def _groups(lengths: dict[int, int]) -> list[list[int]]:
    """Sentences of similar length together, so that little is padded."""
    groups: list[list[int]] = []
    for position in sorted(lengths, key=lambda position: (-lengths[position], position)):
        if groups and lengths[groups[-1][0]] * (len(groups[-1]) + 1) <= _LATTICE_WORDS:
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups


def _softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    exact = scores.astype(np.float64)
    weights = np.exp(exact - exact.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares
