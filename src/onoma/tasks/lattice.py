"""Probabilities of spans under a linear-chain model over tag scores.

The weight of a tag sequence is the product of the tag probabilities of its words and of the weights of its transitions;
its probability is this weight divided by the total weight of all allowed sequences. Without learned transitions, an
allowed transition has weight 1; a transition that the scheme forbids always has weight 0. The probability of a span is
the total probability of the sequences that contain exactly this entity.

Sources: forward-backward algorithm, Baum 1972; scaling as in Rabiner 1989, section V.A; constrained marginals as in
Culotta and McCallum 2004, "Confidence Estimation for Information Extraction".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.tasks.transitions import Transitions


@dataclass(frozen=True, slots=True)
class Lattice:
    """Results of the forward-backward algorithm for a batch of sentences, padded at the end.

    At every word of a sentence, ``sum(emissions * arriving * leaving)`` over the tags is 1.

    Attributes:
        emissions: tag probabilities divided by the scaling factor of the word, ``[sentences, words, tags]``.
        arriving: scaled weight of all sequences of the words before, up to the step to this tag,
            ``[sentences, words, tags]``.
        leaving: scaled weight of all sequences of the words after, including the step from this tag,
            ``[sentences, words + 1, tags]``; at the position after the last word, the reciprocal of the scaled total
            weight of the sentence.
        lengths: number of words of each sentence, ``[sentences]``.
        step: transition weights from tag to tag, ``[tags, tags]``.
        breaks: like ``step``, but 0 for transitions that continue an entity, ``[tags, tags]``.
        end: weights of the last tag of a sentence, ``[tags]``.
    """

    emissions: NDArray[np.float64]
    arriving: NDArray[np.float64]
    leaving: NDArray[np.float64]
    lengths: NDArray[np.int64]
    step: NDArray[np.float64]
    breaks: NDArray[np.float64]
    end: NDArray[np.float64]

    @classmethod
    def over(cls, sentences: Sequence[NDArray[np.floating]], transitions: Transitions) -> Lattice:
        """Run the forward-backward algorithm.

        Args:
            sentences: tag probabilities of each sentence, ``[words, tags]`` each, with at least one word.
            transitions: transitions between the tags.
        """
        # Subtracting the largest score from every step avoids overflow and changes no probability, because all
        # sequences of a sentence have the same number of steps.
        max_step = transitions.step.max() if transitions.learned else 0.0
        step, start, end = np.exp(transitions.step - max_step), np.exp(transitions.start), np.exp(transitions.end)
        scaling_interval = 1 if transitions.learned else _SCALING_INTERVAL
        lengths = np.asarray([len(sentence) for sentence in sentences])
        words, rows = int(lengths.max()), np.arange(len(sentences))
        shape = (words, len(sentences), sentences[0].shape[1])
        emissions = np.zeros(shape)
        for row, sentence in enumerate(sentences):
            np.maximum(sentence, _MIN_PROBABILITY, out=emissions[: len(sentence), row])
        arriving = np.empty(shape)
        arriving[0] = start
        for word in range(words):
            if word:
                arriving[word] = _multiply_rows(arriving[word - 1] * emissions[word - 1], step)
            if word % scaling_interval == 0:
                scale = (arriving[word] * emissions[word]).sum(axis=1, keepdims=True)
                emissions[word] /= np.where(scale > 0, scale, 1.0)
        last_words = lengths - 1
        total_weights = (arriving[last_words, rows] * emissions[last_words, rows] * end).sum(axis=1)
        leaving = np.zeros((words + 1, *shape[1:]))
        last_word_set = set(last_words.tolist())
        for word in range(words - 1, -1, -1):
            if word < words - 1:
                leaving[word] = _multiply_rows(leaving[word + 1] * emissions[word + 1], step.T)
            if word in last_word_set:
                ending_rows = rows[last_words == word]
                leaving[word, ending_rows] = end / total_weights[ending_rows, None]
        leaving[lengths, rows] = 1 / total_weights[:, None]
        emissions, arriving, leaving = (values.swapaxes(0, 1) for values in (emissions, arriving, leaving))
        breaks = np.where(transitions.continues, 0.0, step)
        return cls(emissions, arriving, leaving, lengths, step, breaks, end)

    def probabilities(
        self,
        sentences: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        tags: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Return the probability that the words of each entity have these tags and the entity ends with them.

        Args:
            sentences: index of the sentence of each entity, ``[entities]``.
            starts, ends: half-open range of words of each entity, not empty, ``[entities]`` each.
            tags: tag index of every word, ``[sentences, words]``, padded at the end with any tags.
        """
        words = self.emissions.shape[1]
        factors = np.ones((len(tags), words + 1))
        factors[:, :words] = np.take_along_axis(self.emissions, tags[:, :, None], axis=2)[:, :, 0]
        factors[:, 1:words] *= self._step_weights(sentences, starts, tags)
        boundaries = np.stack([starts, ends], axis=1) + (sentences * (words + 1))[:, None]
        span_weights = np.multiply.reduceat(factors.ravel(), boundaries.ravel())[::2]
        prefix_weights = self.arriving[sentences, starts, tags[sentences, starts]]
        last = tags[sentences, ends - 1]
        end_weights = self.end[last] * self.leaving[sentences, ends, 0]
        next_word_weights = self.emissions[sentences, np.minimum(ends, words - 1)] * self.leaving[sentences, ends]
        break_weights = (self.breaks[last] * next_word_weights).sum(axis=1)
        suffix_weights = np.where(ends == self.lengths[sentences], end_weights, break_weights)
        probabilities: NDArray[np.float64] = np.minimum(1.0, prefix_weights * span_weights * suffix_weights)
        return probabilities

    def _step_weights(
        self, sentences: NDArray[np.int64], starts: NDArray[np.int64], tags: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the weight of the step to each word but the first, ``[sentences, words - 1]``; 1 at entity starts."""
        weights: NDArray[np.float64] = self.step[tags[:, :-1], tags[:, 1:]]
        not_first = starts > 0
        weights[sentences[not_first], starts[not_first] - 1] = 1.0
        return weights


_SCALING_INTERVAL = 8
"""Number of words between two scalings if all transition weights are 1 or 0; the product of eight of the smallest
probabilities does not underflow."""

_MIN_PROBABILITY = 1e-30
"""Lower bound of tag probabilities, so that every sentence has an allowed sequence with a weight above 0."""


def _multiply_rows(rows: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row times the matrix.

    The rows are multiplied separately: in one product of all rows, rounding would depend on the number of rows.
    """
    product: NDArray[np.float64] = np.matmul(rows[:, None, :], matrix)[:, 0]
    return product


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the softmax of the tag scores of each word, ``[words, tags]`` both."""
    exact = scores.astype(np.float64)
    weights = np.exp(exact - exact.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return probabilities
