"""Probabilities of spans under a linear chain over tag scores.

A sequence's probability is the product of its words' tag probabilities and of the weights of its transitions, over the
sum of that product for all allowed sequences. A transition weighs 1 where nothing is learnt for it, and 0 where the
scheme does not allow it. A span's probability is the share of those sequences that hold exactly this entity.

Source: forward-backward, Baum 1972; scaled as in Rabiner 1989, section V.A; constrained marginals as in Culotta and
McCallum 2004, "Confidence Estimation for Information Extraction".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.tasks.transitions import Transitions


@dataclass(frozen=True, slots=True)
class Lattice:
    """A batch of sentences after the forward and the backward pass.

    Sentences are padded at the end. With ``a`` the probability of a word's tag and of all before it and ``b`` that of
    all after it, both scaled, ``sum(a[word] * b[word]) == 1`` at every word.

    Attributes:
        emitted: tag probabilities over the word's scale, ``[sentences, words, tags]``.
        arriving: probability of what comes before a tag, ``[sentences, words, tags]``.
        leaving: scaled probability of what may follow, ``[sentences, words + 1, tags]``; after a sentence, 1 over its
            last scale.
        lengths: words of each sentence, ``[sentences]``.
        step: weights of the steps from tag to tag, ``[tags, tags]``.
        breaks: those of the steps that do not continue an entity, others 0, ``[tags, tags]``.
        end: weights of the last tag, ``[tags]``.
    """

    emitted: NDArray[np.float64]
    arriving: NDArray[np.float64]
    leaving: NDArray[np.float64]
    lengths: NDArray[np.int64]
    step: NDArray[np.float64]
    breaks: NDArray[np.float64]
    end: NDArray[np.float64]

    @classmethod
    def over(cls, sentences: Sequence[NDArray[np.floating]], transitions: Transitions) -> Lattice:
        """Run both passes over sentences of tag probabilities, each ``[words, tags]`` with at least one word."""
        # The largest score is taken off every step: each sequence of a sentence has as many of them.
        peak = transitions.step.max() if transitions.learnt else 0.0
        step, start, end = np.exp(transitions.step - peak), np.exp(transitions.start), np.exp(transitions.end)
        scaled = 1 if transitions.learnt else _SCALED
        lengths = np.asarray([len(sentence) for sentence in sentences])
        words, rows = int(lengths.max()), np.arange(len(sentences))
        shape = (words, len(sentences), sentences[0].shape[1])
        emitted = np.zeros(shape)
        for row, sentence in enumerate(sentences):
            np.maximum(sentence, _SMALLEST, out=emitted[: len(sentence), row])
        arriving = np.empty(shape)
        arriving[0] = start
        for word in range(words):
            if word:
                arriving[word] = _times(arriving[word - 1] * emitted[word - 1], step)
            if word % scaled == 0:
                scale = (arriving[word] * emitted[word]).sum(axis=1, keepdims=True)
                emitted[word] /= np.where(scale > 0, scale, 1.0)
        last = lengths - 1
        closing = (arriving[last, rows] * emitted[last, rows] * end).sum(axis=1)
        leaving = np.zeros((words + 1, *shape[1:]))
        ending = set(last.tolist())
        for word in range(words - 1, -1, -1):
            if word < words - 1:
                leaving[word] = _times(leaving[word + 1] * emitted[word + 1], step.T)
            if word in ending:
                ends = rows[last == word]
                leaving[word, ends] = end / closing[ends, None]
        leaving[lengths, rows] = 1 / closing[:, None]
        emitted, arriving, leaving = (values.swapaxes(0, 1) for values in (emitted, arriving, leaving))
        breaks = np.where(transitions.continues, 0.0, step)
        return cls(emitted, arriving, leaving, lengths, step, breaks, end)

    def probabilities(
        self,
        sentences: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        tags: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """How probable entities are: that just these words have just these tags and the entity ends with them.

        Args:
            sentences: the sentence that each entity is in, ``[entities]``.
            starts, ends: its half-open range of words, not empty, ``[entities]`` each.
            tags: the tag of every word, ``[sentences, words]``, padded at the end with any.
        """
        words = self.emitted.shape[1]
        chosen = np.ones((len(tags), words + 1))
        chosen[:, :words] = np.take_along_axis(self.emitted, tags[:, :, None], axis=2)[:, :, 0]
        chosen[:, 1:words] *= self._steps(sentences, starts, tags)
        spans = np.stack([starts, ends], axis=1) + (sentences * (words + 1))[:, None]
        inside = np.multiply.reduceat(chosen.ravel(), spans.ravel())[::2]
        before = self.arriving[sentences, starts, tags[sentences, starts]]
        last = tags[sentences, ends - 1]
        closing = self.end[last] * self.leaving[sentences, ends, 0]
        following = self.emitted[sentences, np.minimum(ends, words - 1)] * self.leaving[sentences, ends]
        onward = (self.breaks[last] * following).sum(axis=1)
        behind = np.where(ends == self.lengths[sentences], closing, onward)
        found: NDArray[np.float64] = np.minimum(1.0, before * inside * behind)
        return found

    def _steps(
        self, sentences: NDArray[np.int64], starts: NDArray[np.int64], tags: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The weight of the step to each word but the first, ``[sentences, words - 1]``; 1 where an entity starts."""
        weights: NDArray[np.float64] = self.step[tags[:, :-1], tags[:, 1:]]
        later = starts > 0
        weights[sentences[later], starts[later] - 1] = 1.0
        return weights


_SCALED = 8
"""Words between two scalings of the passes where transitions weigh 1 or 0; eight of the smallest probabilities are
still a number."""

_SMALLEST = 1e-30
"""Probabilities are kept above this, so that a sentence that is surely nonsense still has an allowed reading."""


def _times(rows: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row times the matrix, one by one: a product of all at once rounds a row by how many there are."""
    product: NDArray[np.float64] = np.matmul(rows[:, None, :], matrix)[:, 0]
    return product


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Tag scores as tag probabilities of each word, ``[words, tags]`` both."""
    exact = scores.astype(np.float64)
    weights = np.exp(exact - exact.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares
