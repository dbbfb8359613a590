"""Training sequences made of sentences: pairs of segments, or as many sentences as fit into a window.

Sources: Devlin et al. 2019, section 3.1 and its code (pairs, random lengths, reuse of the sentences that a negative
pair leaves over); Liu et al. 2019, section 4.2 (full sentences); Lan et al. 2020, section 3.1 (sentence order).

A segment is a range of the text's subwords, so no subwords are copied here. Special tokens and masks are added later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.models import IGNORED
from onoma.pretraining.tokenized import TokenizedText

SentencePairs = Literal["next", "order", "none"]
"""Kind of sentence pairs: does the second segment follow the first, which of the two came first, or no pairs."""

TRUE_PAIR, FALSE_PAIR = 0, 1

_SHORT_PAIR_SHARE = 0.1
"""Share of the pairs that get a random length, up to that of the window."""

_PAIR_SPECIAL_TOKENS, _SINGLE_SPECIAL_TOKENS = 3, 2
"""Number of special tokens in a sequence with two segments, and in a sequence with one."""

Range = tuple[int, int]
"""A segment, as a half-open range of subword positions in the text."""


@dataclass(slots=True)
class Sequences:
    """Sequences of segments, with pair labels.

    Attributes:
        segments: the segments of each sequence.
        pairs: pair label of each sequence: ``TRUE_PAIR`` or ``FALSE_PAIR``, or ``IGNORED`` if it is not a pair.
    """

    segments: list[tuple[Range, ...]] = field(default_factory=list)
    pairs: list[int] = field(default_factory=list)

    def add(self, *segments: Range, pair: int = IGNORED) -> None:
        """Add one sequence."""
        self.segments.append(segments)
        self.pairs.append(pair)

    def __len__(self) -> int:
        return len(self.segments)

    def lengths(self) -> NDArray[np.int64]:
        """Return the number of subwords in each sequence, special tokens included, ``[sequences]``."""
        return np.array([1 + sum(end - start + 1 for start, end in each) for each in self.segments], dtype=np.int64)


def make_sequences(
    text: TokenizedText,
    sentences: range,
    *,
    pairs: SentencePairs,
    window: int,
    random: np.random.Generator,
) -> Sequences:
    """Make sequences from a range of sentences, in no particular order.

    Args:
        text: the whole text; second segments of negative pairs may come from anywhere in it.
        sentences: indices of the sentences to use; their documents are processed in random order.
        pairs: kind of sentence pairs.
        window: maximum length of a sequence in subwords, special tokens included.
        random: random number generator for all choices.
    """
    documents = list(_iter_documents(text, sentences))
    shuffled = [documents[index] for index in random.permutation(len(documents))]
    sequences = Sequences()
    unpaired = shuffled
    if pairs != "none":
        unpaired = list(
            _PairBuilder(text, sequences, order=pairs == "order", window=window, random=random).run(shuffled)
        )
    _pack(unpaired, sequences, window=window)
    return sequences


def _iter_documents(text: TokenizedText, sentences: range) -> Iterator[list[Range]]:
    """Yield the sentences of each document, or of the part of it that is in the range."""
    bounds = text.sentences[sentences.start : sentences.stop + 1].tolist()
    documents = text.documents
    first = int(np.searchsorted(documents, sentences.start, side="right"))
    last = int(np.searchsorted(documents, sentences.stop, side="left"))
    cuts = [0, *(documents[first:last] - sentences.start).tolist(), len(sentences)]
    for start, end in pairwise(cuts):
        if start < end:
            yield list(zip(bounds[start:end], bounds[start + 1 : end + 1], strict=True))


def _pack(documents: Sequence[Sequence[Range]], sequences: Sequences, *, window: int) -> None:
    """Fill each sequence with as many sentences as fit; a sentence that is longer than a sequence is cut."""
    longest = window - _SINGLE_SPECIAL_TOKENS
    segments: list[Range] = []
    room = longest
    for document in documents:
        continues = False
        for start, end in document:
            while end - start > room:
                if segments:
                    sequences.add(*segments)
                    segments, room, continues = [], longest, False
                else:
                    sequences.add((start, start + longest))
                    start += longest
            if start == end:
                continue
            if continues:
                segments[-1] = (segments[-1][0], end)
            else:
                segments.append((start, end))
            room -= end - start
            continues = True
        room -= 1  # for the separator between two documents
    if segments:
        sequences.add(*segments)


class _PairBuilder:
    """Builder of segment pairs from the sentences of documents."""

    def __init__(
        self, text: TokenizedText, sequences: Sequences, *, order: bool, window: int, random: np.random.Generator
    ) -> None:
        self._text, self._sequences, self._order, self._random = text, sequences, order, random
        self._max_subwords = window - _PAIR_SPECIAL_TOKENS
        self._pending_labels: list[int] = []

    def run(self, documents: Sequence[Sequence[Range]]) -> Iterator[list[Range]]:
        """Add pairs made from all documents; yield the single sentences that cannot be paired."""
        for document in documents:
            sentence = 0
            while sentence < len(document):
                target = self._draw_target()
                end = self._find_end(document, sentence, target)
                if end - sentence == 1:
                    yield [document[sentence]]
                    sentence = end
                else:
                    sentence = self._add_pair(document, sentence, end, target)

    def _add_pair(self, document: Sequence[Range], start: int, end: int, target: int) -> int:
        """Add a pair that begins with the sentence ``start``; return the index of the sentence to continue with."""
        middle = int(self._random.integers(start + 1, end))
        first = (document[start][0], document[middle - 1][1])
        second = (document[middle][0], document[end - 1][1])
        label = self._draw_label()
        if label == FALSE_PAIR and not self._order:
            second = self._draw_from_other_document(document, target - (first[1] - first[0]))
            end = middle
        first, second = self._truncate_pair(first, second)
        if label == FALSE_PAIR and self._order:
            first, second = second, first
        self._sequences.add(first, second, pair=label)
        return end

    def _draw_target(self) -> int:
        """Draw the number of subwords that a pair should have."""
        short = self._random.random() < _SHORT_PAIR_SHARE
        return int(self._random.integers(2, self._max_subwords + 1)) if short else self._max_subwords

    @staticmethod
    def _find_end(document: Sequence[Range], start: int, target: int) -> int:
        """Return the end of the sentences that reach ``target`` subwords, at least two of them if the document allows.

        Args:
            document: sentences of the document.
            start: index of the first sentence.
            target: number of subwords that the sentences should have.
        """
        end = min(start + 2, len(document))
        while end < len(document) and document[end - 1][1] - document[start][0] < target:
            end += 1
        return end

    def _draw_label(self) -> int:
        """Draw the label of a pair; of every two consecutive pairs, one is true and one is false."""
        if not self._pending_labels:
            self._pending_labels = [TRUE_PAIR, FALSE_PAIR] if self._random.random() < 0.5 else [FALSE_PAIR, TRUE_PAIR]
        return self._pending_labels.pop()

    def _draw_from_other_document(self, document: Sequence[Range], target: int) -> Range:
        """Return a range of about ``target`` subwords from another document, beginning with a random sentence."""
        documents, sentences = self._text.documents, self._text.sentences
        own_number = self._text.document_of(document[0][0])
        number = int(self._random.integers(len(documents) - 2))
        number += number >= own_number
        first, last = int(documents[number]), int(documents[number + 1])
        sentence = int(self._random.integers(first, last))
        start, end = int(sentences[sentence]), int(sentences[sentence + 1])
        while sentence + 1 < last and end - start < target:
            sentence += 1
            end = int(sentences[sentence + 1])
        return start, end

    def _truncate_pair(self, first: Range, second: Range) -> tuple[Range, Range]:
        """Shorten a pair that is too long: the longer segment or both, by removing subwords at random ends."""
        first_length, second_length = first[1] - first[0], second[1] - second[0]
        excess = first_length + second_length - self._max_subwords
        if excess <= 0:
            return first, second
        shorter = min(first_length, second_length, self._max_subwords // 2)
        lengths = (
            (self._max_subwords - shorter, shorter)
            if first_length >= second_length
            else (shorter, self._max_subwords - shorter)
        )
        return self._truncate_segment(first, lengths[0]), self._truncate_segment(second, lengths[1])

    def _truncate_segment(self, segment: Range, length: int) -> Range:
        excess = segment[1] - segment[0] - length
        removed_at_start = int(self._random.binomial(excess, 0.5)) if excess > 0 else 0
        return segment[0] + removed_at_start, segment[1] - (excess - removed_at_start if excess > 0 else 0)


def shards_of(text: TokenizedText, *, subwords: int) -> list[range]:
    """Divide the text into ranges of sentences, each with about the given number of subwords."""
    bounds = np.searchsorted(text.sentences, np.arange(0, text.subwords, subwords)[1:])
    cuts = [0, *bounds.tolist(), len(text.sentences) - 1]
    return [range(start, end) for start, end in pairwise(cuts) if start < end]
