"""The majority gazetteer: entities of the training text, looked up by longest match.

It is the baseline that every model must exceed, and shows how much of a corpus is repetition (Tjong Kim Sang and
De Meulder 2003 compare their systems with it).

A sequence of words is in the gazetteer if more than half of its longest matches in the training text are an entity with
exactly these boundaries and the sequence's most frequent label. Its score is that share.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from onoma.baselines.text_arrays import pack_texts, unpack_texts
from onoma.schemes import OUTSIDE, Chunk, parse_tag
from onoma.tasks import TagTask

Words = tuple[str, ...]

_LOG_ONE, _LOG_ZERO = 0.0, -69.0
"""Logarithms of a probability of 1 and of a probability of practically 0."""

_BISECTION_STEPS = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """An entity of the gazetteer.

    Attributes:
        label: label of the entity.
        share: share of its matches in the training text that are entities with this label.
    """

    label: str
    share: float


def fit_gazetteer(sentences: Sequence[Sequence[str]], chunks: Sequence[Sequence[Chunk]]) -> dict[Words, Entry]:
    """Build the gazetteer of a training text.

    Args:
        sentences: words of each sentence.
        chunks: entities of each sentence, without overlaps.

    Returns:
        Entries by their words, sorted; only those of which more than half of the matches are entities.
    """
    labels: dict[Words, Counter[str]] = defaultdict(Counter)
    for words, sentence_chunks in zip(sentences, chunks, strict=True):
        for chunk in sentence_chunks:
            labels[tuple(words[chunk.start : chunk.end])][chunk.label] += 1
    majority = {words: min(counts, key=lambda label: (-counts[label], label)) for words, counts in labels.items()}
    max_lengths = _index_max_lengths(majority)
    match_counts: Counter[Words] = Counter()
    correct_counts: Counter[Words] = Counter()
    for words, sentence_chunks in zip(sentences, chunks, strict=True):
        gold = set(sentence_chunks)
        for start, end in _find_matches(words, majority, max_lengths):
            entity = tuple(words[start:end])
            match_counts[entity] += 1
            correct_counts[entity] += Chunk(start, end, majority[entity]) in gold
    return {
        words: Entry(label, correct_counts[words] / match_counts[words])
        for words, label in sorted(majority.items())
        if 2 * correct_counts[words] > match_counts[words]
    }


class GazetteerScorer:
    """A :class:`~onoma.runtime.WordScorer` that gives each longest match the share of its entry as probability.

    Args:
        entries: entries by their words.
        task: task whose tags are scored; must have no learned transitions.
    """

    def __init__(self, entries: Mapping[Words, Entry], task: TagTask) -> None:
        self._entries = entries
        self._max_lengths = _index_max_lengths(entries)
        self._task = task
        self._entity_score_cache: dict[tuple[str, int, float], NDArray[np.float32]] = {}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], task: TagTask) -> GazetteerScorer:
        """Restore a scorer from saved arrays.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays do not match each other or the task.
        """
        words, labels = unpack_texts(arrays), unpack_texts(arrays, name="labels")
        shares, lengths = arrays["shares"].astype(np.float64), arrays["lengths"].astype(np.int64)
        if not set(labels) <= set(task.labels) or not ((shares > 0) & (shares <= 1)).all() or (lengths < 1).any():
            raise ValueError("the entries do not fit the labels")
        if lengths.sum() != len(words):
            raise ValueError(f"{len(words):,} words for entries of {lengths.sum():,}")
        remaining_words = iter(words)
        entries = {
            tuple(islice(remaining_words, length)): Entry(label, share)
            for length, label, share in zip(lengths.tolist(), labels, shares.tolist(), strict=True)
        }
        return cls(entries, task)

    def score(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """See :meth:`onoma.runtime.WordScorer.score`."""
        return [self._score_sentence(words) for words in sentences]

    def _score_sentence(self, words: Sequence[str]) -> NDArray[np.float32]:
        scores = np.full((len(words), len(self._task.tags)), _LOG_ZERO, dtype=np.float32)
        scores[:, 0] = _LOG_ONE
        for start, end in _find_matches(words, self._entries, self._max_lengths):
            entry = self._entries[tuple(words[start:end])]
            scores[start:end] = self._entity_scores(entry.label, end - start, entry.share)
        return scores

    def _entity_scores(self, label: str, length: int, share: float) -> NDArray[np.float32]:
        """Return the scores of an entity's words, ``[words, tags]``; cached."""
        key = label, length, share
        if key not in self._entity_score_cache:
            tags = self._task.tags_of(label, length=length)
            probability = _word_probability([self._may_end_with(tag) for tag in tags.tolist()], share)
            rows = np.full((length, len(self._task.tags)), _LOG_ZERO, dtype=np.float32)
            rows[:, 0] = max(_LOG_ZERO, np.log1p(-probability)) if probability < 1 else _LOG_ZERO
            rows[np.arange(length), tags] = np.log(probability)
            self._entity_score_cache[key] = rows
        return self._entity_score_cache[key]

    def _may_end_with(self, tag: int) -> bool:
        """Return whether an entity may end with a tag."""
        return self._task.scheme.allows(parse_tag(self._task.tags[tag]).prefix, OUTSIDE, same=False)


def gazetteer_arrays(entries: Mapping[Words, Entry]) -> dict[str, NDArray[np.generic]]:
    """Return the arrays from which :meth:`GazetteerScorer.of` restores the scorer."""
    return {
        **pack_texts(list(chain.from_iterable(entries))),
        "lengths": np.asarray([len(words) for words in entries], dtype=np.int64),
        **pack_texts([entry.label for entry in entries.values()], name="labels"),
        "shares": np.asarray([entry.share for entry in entries.values()], dtype=np.float64),
    }


def _word_probability(may_end: Sequence[bool], share: float) -> float:
    """Return the probability of the tags of an entity's words, equal for all, that gives the entity ``share``.

    A tag sequence may also leave the entity after any word at which it may end, or not enter it at all; such a sequence
    has ``k`` of the ``n`` words inside the entity and the others outside. If ``r`` is the odds of a word being outside,
    the whole entity has the probability ``1 / (r^n + sum over k of r^(n - k))``, which decreases in ``r``. The value of
    ``r`` is found by bisection.

    Args:
        may_end: whether the entity may end at each of its words.
        share: probability of the entity as a whole.
    """
    length = len(may_end)
    exponents = [length, *(length - 1 - word for word, ends in enumerate(may_end) if ends and word < length - 1), 0]
    low, high = 0.0, 1.0 / share
    for _ in range(_BISECTION_STEPS):
        odds = (low + high) / 2
        if sum(odds**exponent for exponent in exponents) > 1 / share:
            high = odds
        else:
            low = odds
    return 1 / (1 + low)


def _index_max_lengths(entries: Mapping[Words, object]) -> dict[str, int]:
    """Return, for each first word, the number of words of the longest entity that begins with it."""
    max_lengths: dict[str, int] = defaultdict(int)
    for words in entries:
        max_lengths[words[0]] = max(max_lengths[words[0]], len(words))
    return dict(max_lengths)


def _find_matches(
    words: Sequence[str], entries: Mapping[Words, object], max_lengths: Mapping[str, int]
) -> Iterator[tuple[int, int]]:
    """Yield start and end of the longest matches, from left to right, without overlap."""
    start = 0
    while start < len(words):
        max_end = min(len(words), start + max_lengths.get(words[start], 0))
        end = next((end for end in range(max_end, start, -1) if tuple(words[start:end]) in entries), None)
        if end is None:
            start += 1
        else:
            yield start, end
            start = end
