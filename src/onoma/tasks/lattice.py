"""Probabilities of spans under a model that scores each word's tags and allows only a scheme's sequences.

The model is a linear chain whose transitions weigh 1 or 0: a sequence's probability is the product of its words' tag
probabilities over the sum of that product for all allowed sequences. A span's probability is the share of those
sequences that hold exactly this entity.

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

    Sentences are padded behind. With ``a`` the probability of a word's tag and of all before it and ``b`` that of all
    behind it, both scaled, ``sum(a[word] * b[word]) == 1`` at every word.

    Attributes:
        emitted: tag probabilities over the word's scale, ``[sentences, words, tags]``.
        arriving: probability of what stands before a tag, ``[sentences, words, tags]``.
        leaving: scaled probability of what may follow, ``[sentences, words + 1, tags]``; behind a sentence, 1 over its
            last scale.
        lengths: words of each sentence, ``[sentences]``.
    """

    emitted: NDArray[np.float64]
    arriving: NDArray[np.float64]
    leaving: NDArray[np.float64]
    lengths: NDArray[np.int64]
    transitions: Transitions

    @classmethod
    def over(cls, sentences: Sequence[NDArray[np.floating]], transitions: Transitions) -> Lattice:
        """Run both passes over sentences of tag probabilities, each ``[words, tags]`` with at least one word."""
        lengths = np.asarray([len(sentence) for sentence in sentences])
        words, rows = int(lengths.max()), np.arange(len(sentences))
        shape = (words, len(sentences), sentences[0].shape[1])
        emitted = np.zeros(shape)
        for row, sentence in enumerate(sentences):
            np.maximum(sentence, _SMALLEST, out=emitted[: len(sentence), row])
        arriving = np.empty(shape)
        arriving[0] = transitions.start
        for word in range(words):
            if word:
                np.matmul(arriving[word - 1] * emitted[word - 1], transitions.step, out=arriving[word])
            if word % _SCALED == 0:
                scale = (arriving[word] * emitted[word]).sum(axis=1, keepdims=True)
                emitted[word] /= np.where(scale > 0, scale, 1.0)
        last = lengths - 1
        closing = (arriving[last, rows] * emitted[last, rows]) @ transitions.end
        leaving = np.zeros((words + 1, *shape[1:]))
        ending = set(last.tolist())
        for word in range(words - 1, -1, -1):
            if word < words - 1:
                np.matmul(leaving[word + 1] * emitted[word + 1], transitions.step.T, out=leaving[word])
            if word in ending:
                ends = rows[last == word]
                leaving[word, ends] = transitions.end / closing[ends, None]
        leaving[lengths, rows] = 1 / closing[:, None]
        emitted, arriving, leaving = (values.swapaxes(0, 1) for values in (emitted, arriving, leaving))
        return cls(emitted, arriving, leaving, lengths, transitions)

    def probabilities(
        self,
        sentences: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        tags: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """How probable entities are: that just these words have just these tags and the entity ends with them.

        Args:
            sentences: the sentence that each entity stands in, ``[entities]``.
            starts, ends: its half-open range of words, not empty, ``[entities]`` each.
            tags: the tag of every word, ``[sentences, words]``, padded behind with any.
        """
        words = self.emitted.shape[1]
        chosen = np.ones((len(tags), words + 1))
        chosen[:, :words] = np.take_along_axis(self.emitted, tags[:, :, None], axis=2)[:, :, 0]
        spans = np.stack([starts, ends], axis=1) + (sentences * (words + 1))[:, None]
        inside = np.multiply.reduceat(chosen.ravel(), spans.ravel())[::2]
        before = self.arriving[sentences, starts, tags[sentences, starts]]
        last = tags[sentences, ends - 1]
        closing = self.transitions.end[last] * self.leaving[sentences, ends, 0]
        following = self.emitted[sentences, np.minimum(ends, words - 1)] * self.leaving[sentences, ends]
        onward = (self.transitions.breaks[last] * following).sum(axis=1)
        behind = np.where(ends == self.lengths[sentences], closing, onward)
        found: NDArray[np.float64] = np.minimum(1.0, before * inside * behind)
        return found


_SCALED = 8
"""Every so many words the passes are scaled; eight of the smallest probabilities are still a number."""

_SMALLEST = 1e-30
"""Probabilities are kept above this, so that a sentence that is surely nonsense still has an allowed reading."""


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Tag scores as tag probabilities of each word, ``[words, tags]`` both."""
    exact = scores.astype(np.float64)
    weights = np.exp(exact - exact.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares
