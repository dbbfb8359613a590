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

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import batch_by_length
from onoma.schemes import OUTSIDE, Scheme, parse_tag

_INITIAL_MARGIN = 4
"""Initial number of words on either side of a violation that the recursion includes."""

MAX_BATCH_WORDS = 32_768
"""Maximum number of words, padding included, of the sentences that are decoded at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Log scores that are summed along a tag sequence; minus infinity for what the scheme does not allow.

    Attributes:
        step: scores of the transitions from row to column, ``[tags, tags]``.
        start: scores of the first tag of a sentence, ``[tags]``.
        end: scores of the last tag of a sentence, ``[tags]``.
        continues: whether a transition is allowed and continues an entity, ``[tags, tags]``.
        learned: whether the scores are those of a trained CRF; otherwise all allowed transitions have the score 0.
    """

    step: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    continues: NDArray[np.bool_]
    learned: bool = False

    @classmethod
    def of(cls, scheme: Scheme, tags: Sequence[str]) -> Transitions:
        """Return the transitions that ``scheme`` allows between these tags, each with the score 0."""
        parsed = [parse_tag(tag) for tag in tags]
        prefixes = sorted({tag.prefix for tag in parsed})
        pairs = list(product(prefixes, prefixes))
        shape = (len(prefixes), len(prefixes))
        allowed = np.array([[scheme.allows(*pair, same=same) for pair in pairs] for same in (False, True)])
        continuing = np.array([pair in scheme.continues for pair in pairs]).reshape(shape)
        numbers = np.array([prefixes.index(tag.prefix) for tag in parsed])
        labels = np.unique([tag.label for tag in parsed], return_inverse=True)[1]
        same_label = (labels[:, None] == labels) & np.array([tag.prefix != OUTSIDE for tag in parsed])
        rows, columns = numbers[:, None], numbers
        is_allowed = allowed.reshape(2, *shape)[same_label.astype(int), rows, columns]
        step = np.where(is_allowed, 0.0, -np.inf)
        continues = is_allowed & same_label & continuing[rows, columns]
        start = [0.0 if scheme.allows(OUTSIDE, tag.prefix, same=False) else -np.inf for tag in parsed]
        end = [0.0 if scheme.allows(tag.prefix, OUTSIDE, same=False) else -np.inf for tag in parsed]
        return cls(step, np.asarray(start), np.asarray(end), continues)

    def with_scores(
        self, *, step: NDArray[np.floating], start: NDArray[np.floating], end: NDArray[np.floating]
    ) -> Transitions:
        """Return the same transitions with learned scores of the same shapes; forbidden transitions stay forbidden."""
        return replace(self, step=self.step + step, start=self.start + start, end=self.end + end, learned=True)

    def at(self, temperature: float) -> Transitions:
        """Return the transitions with their scores divided by a temperature."""
        if temperature == 1 or not self.learned:
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
    if transitions.learned:
        return _batched_viterbi(scores, bounds, transitions)
    tags: NDArray[np.int64] = scores.argmax(axis=1)
    violations = scheme_violations(tags, bounds, transitions).nonzero()[0]
    for sentence in set((np.searchsorted(bounds, violations, side="right") - 1).tolist()):
        sentence_slice = slice(bounds[sentence], bounds[sentence + 1])
        tags[sentence_slice] = best_tags(scores[sentence_slice], transitions)
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
    violations = np.flatnonzero(scheme_violations(greedy, np.asarray([0, len(greedy)]), transitions)).tolist()
    tags, margin = greedy, _INITIAL_MARGIN
    while violations and scheme_violations(tags, np.asarray([0, len(tags)]), transitions).any():
        tags = greedy.copy()
        for start, end in _expand_violations(violations, margin=margin, words=len(tags)):
            tags[start:end] = _viterbi(scores, start, end, transitions)
        margin *= 2
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
    violations = np.zeros(len(tags), dtype=bool)
    if len(tags):
        violations[1:] = np.isneginf(transitions.step[tags[:-1], tags[1:]])
        violations[bounds[:-1]] = np.isneginf(transitions.start[tags[bounds[:-1]]])
        violations[bounds[1:] - 1] |= np.isneginf(transitions.end[tags[bounds[1:] - 1]])
    return violations


def _expand_violations(violations: list[int], *, margin: int, words: int) -> list[tuple[int, int]]:
    """Return half-open ranges of words around the violations; ranges that touch are merged."""
    ranges: list[tuple[int, int]] = []
    for word in violations:
        start, end = max(0, word - margin), min(words, word + margin)
        if ranges and start <= ranges[-1][1]:
            start, _ = ranges.pop()
        ranges.append((start, end))
    return ranges


def _viterbi(scores: NDArray[np.floating], start: int, end: int, transitions: Transitions) -> NDArray[np.int64]:
    """Return the best tags of the words ``[start, end)`` of a sentence by the Viterbi recursion.

    The start and end scores apply only if the range begins or ends with the sentence.
    """
    best_scores = scores[start] + (transitions.start if start == 0 else 0)
    backpointers = np.zeros((end - start, scores.shape[1]), dtype=np.int64)
    for word in range(1, end - start):
        path_scores = best_scores[:, None] + transitions.step
        backpointers[word] = path_scores.argmax(axis=0)
        best_scores = path_scores.max(axis=0) + scores[start + word]
    tags = np.empty(end - start, dtype=np.int64)
    tags[-1] = (best_scores + (transitions.end if end == len(scores) else 0)).argmax()
    for word in range(len(tags) - 1, 0, -1):
        tags[word - 1] = backpointers[word, tags[word]]
    return tags


def _batched_viterbi(
    scores: NDArray[np.floating], bounds: NDArray[np.int64], transitions: Transitions
) -> NDArray[np.int64]:
    """Decode sentences by the Viterbi recursion, in groups of similar length."""
    tags = np.empty(len(scores), dtype=np.int64)
    lengths = np.diff(bounds)
    for group in batch_by_length(lengths.tolist(), budget=MAX_BATCH_WORDS):
        group_lengths, row_offsets = lengths[group], bounds[group]
        rows, words = np.arange(len(group)), int(group_lengths.max())
        # Beyond its end, a sentence is padded with its last word; the results for the padding are discarded.
        word_indices = row_offsets[:, None] + np.minimum(np.arange(words), group_lengths[:, None] - 1)
        best_scores = scores[word_indices[:, 0]] + transitions.start
        backpointers = np.zeros((words, len(group), scores.shape[1]), dtype=np.int64)
        final_scores = np.where((group_lengths == 1)[:, None], best_scores, 0.0)
        for word in range(1, words):
            path_scores = best_scores[:, :, None] + transitions.step
            backpointers[word] = path_scores.argmax(axis=1)
            best_scores = path_scores.max(axis=1) + scores[word_indices[:, word]]
            final_scores = np.where((group_lengths == word + 1)[:, None], best_scores, final_scores)
        group_tags = np.empty((len(group), words), dtype=np.int64)
        current_tags = (final_scores + transitions.end).argmax(axis=1)
        for word in range(words - 1, -1, -1):
            in_sentence = word < group_lengths
            if word < words - 1:
                has_next = word + 1 < group_lengths
                current_tags = np.where(has_next, backpointers[word + 1, rows, current_tags], current_tags)
            group_tags[:, word] = np.where(in_sentence, current_tags, 0)
        for row, offset in enumerate(row_offsets.tolist()):
            tags[offset : offset + group_lengths[row]] = group_tags[row, : group_lengths[row]]
    return tags
