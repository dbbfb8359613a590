"""Logits of words to scored entities of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.schemes import OUTSIDE, Chunk, Scheme, encode_tags, parse_tag
from onoma.tasks.calibration import UNSCALED, Scaling, temper
from onoma.tasks.lattice import Lattice, softmax
from onoma.tasks.transitions import Transitions
from onoma.tasks.viterbi import best_tags, breaks_scheme

_LATTICE_WORDS = 32_768
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
        temperature: what tag scores are divided by before they become probabilities; it changes no entity.
        scaling: what becomes of the probability of an entity before it is its score.
        thresholds: by label, the score below which an entity is dropped.

    Attributes:
        tags: in the order of the model's scores.
        transitions: what the scheme allows between them.
    """

    def __init__(
        self,
        *,
        scheme: Scheme,
        labels: Sequence[str],
        temperature: float = 1.0,
        scaling: Scaling = UNSCALED,
        thresholds: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.scheme = scheme
        self.tags = scheme.tags(tuple(labels))
        self.temperature = temperature
        self.scaling = scaling
        self._thresholds = thresholds
        self._labels = [parse_tag(tag).label for tag in self.tags]
        self.transitions = Transitions.of(scheme, self.tags)
        self._continues = (self.transitions.step > 0) & (self.transitions.breaks == 0)

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[list[ScoredChunk]]:
        """Find the entities of many sentences.

        Args:
            sentences: tag scores before any softmax, each ``[words, tags]``.

        Returns:
            Each sentence's entities in order.

        A sentence of more than 2,048 words, as a long text without sentence bounds is, is decoded in pieces that begin
        at a word which is surely outside every entity; its scores are exact up to that word's doubt.
        """
        pieces = [
            (number, start, scores[start:end])
            for number, scores in enumerate(sentences)
            for start, end in pairwise(_cuts(scores))
            if end > start
        ]
        found: list[list[ScoredChunk]] = [[] for _ in sentences]
        if not pieces:
            return found
        scores = temper(np.concatenate([own for _, _, own in pieces]), self.temperature)
        bounds = np.concatenate([[0], np.cumsum([len(own) for _, _, own in pieces])])
        tags = self._best(scores, bounds)
        if not tags.any():
            return found
        starts, ends = self._chunks(tags, bounds)
        owners = np.searchsorted(bounds, starts, side="right") - 1
        likely = self._probabilities(scores, tags, bounds=bounds, owners=owners, starts=starts, ends=ends)
        certain = self.scaling(likely)
        labels = [self._labels[tag] for tag in tags[starts].tolist()]
        columns = (array.tolist() for array in (owners, starts - bounds[owners], ends - bounds[owners], certain))
        for owner, start, end, score, label in zip(*columns, labels, strict=True):
            if score < self._thresholds.get(label, 0.0):
                continue
            number, offset, _ = pieces[owner]
            found[number].append(ScoredChunk(start + offset, end + offset, label, score))
        return found

    def lattice(self, sentences: Sequence[NDArray[np.floating]]) -> Lattice:
        """What asks for the probability of any span, of sentences of tag scores, each ``[words, tags]``."""
        shares = [softmax(temper(scores, self.temperature)) for scores in sentences]
        return Lattice.over(shares, self.transitions)

    def tags_of(self, label: str, *, length: int) -> NDArray[np.int64]:
        """The numbers of the tags of a span of so many words, ``[words]``; label ``O`` for no entity."""
        chunks = [] if label == OUTSIDE else [Chunk(0, length, label)]
        names = encode_tags(chunks, length=length, scheme=self.scheme)
        return np.asarray([self.tags.index(name) for name in names])

    def settled(self, scores: NDArray[np.floating]) -> int:
        """How many words of a sentence whose end is yet to come can be decoded now without changing an answer.

        Args:
            scores: those of the sentence's words so far that were not decoded yet, ``[words, tags]``.
        """
        return _cuts(scores)[-2]

    def _best(self, scores: NDArray[np.floating], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
        """The tags of sentences one behind the other; few break the scheme and need more than each word's best."""
        tags: NDArray[np.int64] = scores.argmax(axis=1)
        broken = breaks_scheme(tags, bounds, self.transitions).nonzero()[0]
        for sentence in set((np.searchsorted(bounds, broken, side="right") - 1).tolist()):
            own = slice(bounds[sentence], bounds[sentence + 1])
            tags[own] = best_tags(scores[own], self.transitions)
        return tags

    def _chunks(
        self, tags: NDArray[np.int64], bounds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where entities start and end under tags that the scheme allows."""
        named = tags != 0
        continued = np.zeros(len(tags) + 1, dtype=bool)
        continued[1:-1] = self._continues[tags[:-1], tags[1:]]
        continued[bounds] = False
        return (named & ~continued[:-1]).nonzero()[0], (named & ~continued[1:]).nonzero()[0] + 1

    def _probabilities(
        self,
        scores: NDArray[np.floating],
        tags: NDArray[np.int64],
        *,
        bounds: NDArray[np.int64],
        owners: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """The probability of each entity; only sentences that hold one are looked at."""
        certain = np.empty(len(starts))
        lengths = np.diff(bounds)
        for group in _groups({owner: int(lengths[owner]) for owner in owners.tolist()}):
            spans = [slice(bounds[piece], bounds[piece + 1]) for piece in group]
            shares = softmax(np.concatenate([scores[span] for span in spans]))
            lattice = Lattice.over(np.split(shares, np.cumsum(lengths[group])[:-1]), self.transitions)
            chosen = np.zeros(lattice.emitted.shape[:2], dtype=np.int64)
            for row, span in zip(chosen, spans, strict=True):
                row[: span.stop - span.start] = tags[span]
            rows = np.full(len(lengths), -1)
            rows[group] = np.arange(len(group))
            own = (rows[owners] >= 0).nonzero()[0]
            first = bounds[owners[own]]
            certain[own] = lattice.probabilities(rows[owners[own]], starts[own] - first, ends[own] - first, chosen)
        return certain


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
