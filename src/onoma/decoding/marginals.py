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

from onoma.decoding.transitions import Transitions


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
        tags = sentences[0].shape[1]
        emitted = np.zeros((len(sentences), lengths.max(), tags))
        for row, sentence in enumerate(sentences):
            emitted[row, : len(sentence)] = np.maximum(sentence, _SMALLEST)
        arriving = np.empty_like(emitted)
        arriving[:, 0] = transitions.start
        for word in range(emitted.shape[1]):
            if word:
                arriving[:, word] = (arriving[:, word - 1] * emitted[:, word - 1]) @ transitions.step
            scale = (arriving[:, word] * emitted[:, word]).sum(axis=1, keepdims=True)
            emitted[:, word] /= np.where(scale > 0, scale, 1.0)
        last = lengths - 1
        rows = np.arange(len(sentences))
        closing = (arriving[rows, last] * emitted[rows, last]) @ transitions.end
        leaving = np.zeros((len(sentences), emitted.shape[1] + 1, tags))
        leaving[rows, last] = transitions.end / closing[:, None]
        for word in range(emitted.shape[1] - 2, -1, -1):
            onward = (leaving[:, word + 1] * emitted[:, word + 1]) @ transitions.step.T
            inside = (word < last)[:, None]
            leaving[:, word] = np.where(inside, onward, leaving[:, word])
        leaving[rows, lengths] = 1 / closing[:, None]
        return cls(emitted, arriving, leaving, lengths, transitions)

    def probability(self, sentence: int, start: int, tags: Sequence[int] | NDArray[np.int64]) -> float:
        """How probable it is that one entity spans the words from ``start`` on and has exactly these tags."""
        emitted, end = self.emitted[sentence], start + len(tags)
        inside = self.arriving[sentence, start, tags[0]]
        for position, tag in enumerate(tags, start=start):
            inside = inside * emitted[position, tag]
        if end == self.lengths[sentence]:
            onward = self.transitions.end[tags[-1]] * self.leaving[sentence, end, 0]
        else:
            onward = (self.transitions.breaks[tags[-1]] * emitted[end] * self.leaving[sentence, end]).sum()
        return float(min(1.0, inside * onward))


_SMALLEST = 1e-30
"""Probabilities are kept above this, so that a sentence that is surely nonsense still has an allowed reading."""
