"""A tagger that is also asked for the probability of spans that it would not choose itself."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from onoma.decoding import Lattice, Transitions, softmax, temper
from onoma.encoding import Encoded, pad
from onoma.schemes import OUTSIDE, Chunk, encode_tags
from onoma.tagger import Tagger
from onoma.text import Document, Entity

_GROUP = 256
_LEAST = 0.01
"""Probability below which another label for a gold span is not told."""
_LONGEST = 2_048
"""Words of a sentence, as the decoder has it; the spans of a longer one are judged by what was predicted alone."""


class Judge(Tagger):
    """Tags documents and weighs the entities that they have."""

    def judge(self, documents: Sequence[Document]) -> Iterator[Document]:
        """Each document with what is predicted, and with the probability of each gold span under each label.

        Its own label is always told, others where they are not negligible, and under the label ``O`` how probable it is
        that no word of the span is in any entity. The entities overlap.
        """
        for first in range(0, len(documents), _GROUP):
            group = documents[first : first + _GROUP]
            encoded = self._framing.encode(group)
            for each, scores, tagged in zip(encoded, self._emissions(encoded), self.tag_many(group), strict=True):
                known = {(entity.start, entity.end, entity.label): entity for entity in tagged.entities}
                weighed = {(entity.start, entity.end, entity.label): entity for entity in self._weighed(each, scores)}
                yield tagged.with_entities((weighed | known).values())

    def _emissions(self, documents: Sequence[Encoded]) -> Iterator[NDArray[np.float32]]:
        """Tag scores of every word of each document, ``[words, tags]``."""
        for encoded in documents:
            scores = np.empty((len(encoded.words), len(self._decoder.tags)), dtype=np.float32)
            for window in encoded.windows:
                ids, mask = pad([self._framing.row(encoded, window)], filler=self._framing.aligner.pad)
                (row,) = self._backend.emissions(ids, mask)
                first = self._framing.first_subwords(encoded, window)
                scores[window.answers_from : window.answers_to] = row[first]
            yield scores

    def _weighed(self, encoded: Encoded, scores: NDArray[np.float32]) -> Iterator[Entity]:
        document, decoder = encoded.document, self._decoder
        transitions = Transitions.of(decoder.scheme, decoder.tags)
        numbers = {tag: number for number, tag in enumerate(decoder.tags)}
        starts, ends = encoded.words.starts.tolist(), encoded.words.ends.tolist()
        spans: dict[tuple[int, int], list[Entity]] = {}
        for entity in document.entities:
            first, last = bisect_right(ends, entity.start), bisect_left(starts, entity.end)
            for sentence, end in encoded.sentences:
                if sentence <= first < last <= end and end - sentence <= _LONGEST:
                    spans.setdefault((sentence, end), []).append(entity)
        for (sentence, end), entities in spans.items():
            shares = softmax(temper(scores[sentence:end], decoder.temperature))
            lattice = Lattice.over([shares], transitions)
            for entity in entities:
                first, last = bisect_right(ends, entity.start), bisect_left(starts, entity.end)
                length = last - first
                outside = np.full(length, numbers[OUTSIDE])
                score = _probability(lattice, first - sentence, outside)
                yield document.entity(entity.start, entity.end, OUTSIDE, score=score)
                for label in self.labels:
                    tags = encode_tags([Chunk(0, length, label)], length=length, scheme=decoder.scheme)
                    score = _probability(lattice, first - sentence, np.asarray([numbers[tag] for tag in tags]))
                    if label == entity.label or score >= _LEAST:
                        yield document.entity(entity.start, entity.end, label, score=score)


def _probability(lattice: Lattice, start: int, tags: NDArray[np.int64]) -> float:
    """How probable it is that the words from ``start`` on have exactly these tags and the entity ends with them."""
    row = np.zeros(lattice.emitted.shape[:2], dtype=np.int64)
    row[0, start : start + len(tags)] = tags
    one = np.asarray([start])
    return float(lattice.probabilities(np.zeros(1, dtype=np.int64), one, one + len(tags), row)[0])
