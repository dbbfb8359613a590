"""Transitions between tags, and Viterbi decoding of the best allowed tag sequence.

The scheme determines which transitions are allowed; a CRF learns scores for them. With learned scores, the Viterbi
recursion runs over all words of many sentences at once. Without them, all allowed transitions have the same score, and
decoding starts from the most likely tag of each word:

If these tags are an allowed sequence, they are the result, since no sequence scores higher. If they violate the scheme,
the recursion runs over the words around the violation, without constraints at the ends of this range. If its result is
consistent with the most likely tags of the other words, it is the result, since no part of a sequence can score higher.
If not, the recursion runs over larger ranges, in the end over all words.

Sources: Viterbi 1967; Forney 1973.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onoma.schemes import OUTSIDE, Scheme, parse_tag

_AROUND = 4
"""Initial number of words on either side of a violation that the recursion includes."""


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Log scores that are summed along a tag sequence; minus infinity for what the scheme does not allow.

    Attributes:
        step: scores of the transitions from row to column, ``[tags, tags]``.
        start: scores of the first tag of a sentence, ``[tags]``.
        end: scores of the last tag of a sentence, ``[tags]``.
        continues: whether a transition is allowed and continues an entity, ``[tags, tags]``.
        learnt: whether the scores are those of a trained CRF; otherwise all allowed transitions have the score 0.
    """

    step: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    continues: NDArray[np.bool_]
    learnt: bool = False

    @classmethod
    def of(cls, scheme: Scheme, tags: Sequence[str]) -> Transitions:
        """Return the transitions that ``scheme`` allows between these tags, each with the score 0."""
        parsed = [parse_tag(tag) for tag in tags]
        step = np.full((len(tags), len(tags)), -np.inf)
        continues = np.zeros((len(tags), len(tags)), dtype=bool)
        for row, before in enumerate(parsed):
            for column, after in enumerate(parsed):
                same = before.label == after.label and before.prefix != OUTSIDE
                if scheme.allows(before.prefix, after.prefix, same=same):
                    step[row, column] = 0.0
                    continues[row, column] = same and (before.prefix, after.prefix) in scheme.continues
        start = [0.0 if scheme.allows(OUTSIDE, tag.prefix, same=False) else -np.inf for tag in parsed]
        end = [0.0 if scheme.allows(tag.prefix, OUTSIDE, same=False) else -np.inf for tag in parsed]
        return cls(step, np.asarray(start), np.asarray(end), continues)

    def with_scores(
        self, *, step: NDArray[np.floating], start: NDArray[np.floating], end: NDArray[np.floating]
    ) -> Transitions:
        """Return the same transitions with learned scores of the same shapes; forbidden transitions stay forbidden."""
        return replace(self, step=self.step + step, start=self.start + start, end=self.end + end, learnt=True)

    def at(self, temperature: float) -> Transitions:
        """Return the transitions with their scores divided by a temperature."""
        if temperature == 1 or not self.learnt:
            return self
        return replace(self, step=self.step / temperature, start=self.start / temperature, end=self.end / temperature)


def best_sequences(
    scores: NDArray[np.floating], bounds: NDArray[np.int64], transitions: Transitions
) -> NDArray[np.int64]:
    """Decode sentences whose words are concatenated.

    Args:
        scores: log-probability of every tag at every word, ``[words, tags]``; any constant may be added to a row.
        bounds: index of the first word of each sentence, followed by the number of words, ``[sentences + 1]``; no
            sentence may be empty.
        transitions: transitions between the tags.

    Returns:
        The tag index of each word, ``[words]``.
    """
    if transitions.learnt:
        return _with_learnt(scores, bounds, transitions)
    tags: NDArray[np.int64] = scores.argmax(axis=1)
    broken = scheme_violations(tags, bounds, transitions).nonzero()[0]
    for sentence in set((np.searchsorted(bounds, broken, side="right") - 1).tolist()):
        own = slice(bounds[sentence], bounds[sentence + 1])
        tags[own] = best_tags(scores[own], transitions)
    return tags


def best_tags(scores: NDArray[np.floating], transitions: Transitions) -> NDArray[np.int64]:
    """Decode one sentence with transitions that are not learned, so that all allowed ones have the same score.

    Args:
        scores: log-probability of every tag at every word, ``[words, tags]``; any constant may be added to a row.
        transitions: transitions between the tags.

    Returns:
        The tag index of each word, ``[words]``.
    """
    greedy: NDArray[np.int64] = scores.argmax(axis=1)
    broken = np.flatnonzero(scheme_violations(greedy, np.asarray([0, len(greedy)]), transitions)).tolist()
    tags, around = greedy, _AROUND
    while broken and scheme_violations(tags, np.asarray([0, len(tags)]), transitions).any():
        tags = greedy.copy()
        for start, end in _stretches(broken, around=around, words=len(tags)):
            tags[start:end] = _recursion(scores, start, end, transitions)
        around *= 2
    return tags


def scheme_violations(
    tags: NDArray[np.int64], bounds: NDArray[np.int64], transitions: Transitions
) -> NDArray[np.bool_]:
    """Return which words of concatenated sentences have a tag that violates the scheme.

    Args:
        tags: tag index of each word, ``[words]``.
        bounds: index of the first word of each sentence, followed by the number of words, ``[sentences + 1]``; no
            sentence may be empty.
        transitions: transitions between the tags.

    Returns:
        For each word, whether its tag may not follow the tag before, may not begin the sentence, or may not end it,
        ``[words]``.
    """
    broken = np.zeros(len(tags), dtype=bool)
    if len(tags):
        broken[1:] = np.isneginf(transitions.step[tags[:-1], tags[1:]])
        broken[bounds[:-1]] = np.isneginf(transitions.start[tags[bounds[:-1]]])
        broken[bounds[1:] - 1] |= np.isneginf(transitions.end[tags[bounds[1:] - 1]])
    return broken


def _stretches(broken: list[int], *, around: int, words: int) -> list[tuple[int, int]]:
    """Return half-open ranges of words around the violations; ranges that touch are merged."""
    stretches: list[tuple[int, int]] = []
    for word in broken:
        start, end = max(0, word - around), min(words, word + around)
        if stretches and start <= stretches[-1][1]:
            start, _ = stretches.pop()
        stretches.append((start, end))
    return stretches


def _recursion(scores: NDArray[np.floating], start: int, end: int, transitions: Transitions) -> NDArray[np.int64]:
    """Return the best tags of the words ``[start, end)`` of a sentence by the Viterbi recursion.

    The start and end scores apply only if the range begins or ends with the sentence.
    """
    best = scores[start] + (transitions.start if start == 0 else 0)
    came_from = np.zeros((end - start, scores.shape[1]), dtype=np.int64)
    for word in range(1, end - start):
        paths = best[:, None] + transitions.step
        came_from[word] = paths.argmax(axis=0)
        best = paths.max(axis=0) + scores[start + word]
    tags = np.empty(end - start, dtype=np.int64)
    tags[-1] = (best + (transitions.end if end == len(scores) else 0)).argmax()
    for word in range(len(tags) - 1, 0, -1):
        tags[word - 1] = came_from[word, tags[word]]
    return tags


def _with_learnt(
    scores: NDArray[np.floating], bounds: NDArray[np.int64], transitions: Transitions
) -> NDArray[np.int64]:
    """Decode sentences by the Viterbi recursion, in groups of similar length."""
    tags = np.empty(len(scores), dtype=np.int64)
    lengths = np.diff(bounds)
    for group in by_length(dict(enumerate(lengths.tolist()))):
        own, firsts = lengths[group], bounds[group]
        rows, words = np.arange(len(group)), int(own.max())
        # Beyond its end, a sentence is padded with its last word; the results for the padding are discarded.
        places = firsts[:, None] + np.minimum(np.arange(words), own[:, None] - 1)
        best = scores[places[:, 0]] + transitions.start
        came_from = np.zeros((words, len(group), scores.shape[1]), dtype=np.int64)
        endings = np.where((own == 1)[:, None], best, 0.0)
        for word in range(1, words):
            paths = best[:, :, None] + transitions.step
            came_from[word] = paths.argmax(axis=1)
            best = paths.max(axis=1) + scores[places[:, word]]
            endings = np.where((own == word + 1)[:, None], best, endings)
        found = np.empty((len(group), words), dtype=np.int64)
        current = (endings + transitions.end).argmax(axis=1)
        for word in range(words - 1, -1, -1):
            inside = word < own
            if word < words - 1:
                going_on = word + 1 < own
                current = np.where(going_on, came_from[word + 1, rows, current], current)
            found[:, word] = np.where(inside, current, 0)
        for row, first in enumerate(firsts.tolist()):
            tags[first : first + own[row]] = found[row, : own[row]]
    return tags


def by_length(lengths: Mapping[int, int], *, most: int = 32_768) -> list[list[int]]:
    """Group sentences of similar length, so that there is little padding.

    Args:
        lengths: number of words of each sentence, by its index.
        most: maximum number of words of a group, including padding; a longer sentence gets a group of its own.
    """
    groups: list[list[int]] = []
    for position in sorted(lengths, key=lambda position: (-lengths[position], position)):
        if groups and lengths[groups[-1][0]] * (len(groups[-1]) + 1) <= most:
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups
