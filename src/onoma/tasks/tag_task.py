"""Prediction of flat entities by tagging words: target tags for training, and decoding of tag scores into entities.

Decoding and probabilities are exact under the linear-chain model of :mod:`.lattice`, both with learned transitions
(CRF) and with transitions that are only constrained by the scheme.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded, batch_by_length
from onoma.schemes import OUTSIDE, Chunk, Scheme, encode_tags, parse_tag
from onoma.tasks.calibration import UNCALIBRATED, Calibration
from onoma.tasks.lattice import Lattice, softmax
from onoma.tasks.limits import checked_labels
from onoma.tasks.targets import NO_SPANS, Targets, gold_chunks
from onoma.tasks.task import ScoredSpan, SentencePrediction
from onoma.tasks.transitions import MAX_BATCH_WORDS, Transitions, best_sequences

_MAX_PIECE_WORDS = 2_048
"""Maximum number of words that are decoded at once; longer sentences are decoded in pieces to bound memory."""

Parameters = Mapping[str, NDArray[np.floating]]
"""Learned parameters that decoding needs: ``step``, ``start`` and ``end`` of a CRF head, none of a linear head."""


class TagTask:
    """Prediction of entities that do not overlap, with one tag for each word.

    Args:
        labels: entity types, in the order of the model's tags.
        scheme: tagging scheme.
        parameters: learned transitions; none for a head that scores every word independently.
        calibration: calibration of the probabilities, and score thresholds.
        unannotated: sets of labels that some training documents do not annotate, in the order of their targets.

    Raises:
        InputError: there are more than :data:`~onoma.tasks.MAX_LABELS` labels.

    Attributes:
        tags: tags in the order of the model's scores.
        transitions: scores of the transitions between the tags.
    """

    def __init__(
        self,
        labels: Sequence[str],
        *,
        scheme: Scheme,
        parameters: Parameters | None = None,
        calibration: Calibration = UNCALIBRATED,
        unannotated: Sequence[frozenset[str]] = (),
    ) -> None:
        self.labels = checked_labels(labels)
        self.scheme = scheme
        self.parameters = dict(parameters or {})
        self.calibration = calibration
        self.unannotated = tuple(unannotated)
        self.tags = scheme.tags(self.labels)
        allowed = Transitions.of(scheme, self.tags)
        self.transitions = allowed.with_scores(**self.parameters) if self.parameters else allowed
        self._scaled_transitions = self.transitions.at(calibration.temperature)
        self._tag_labels = [parse_tag(tag).label for tag in self.tags]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the scores of one word: ``(tags,)``."""
        return (len(self.tags),)

    def with_calibration(self, calibration: Calibration) -> TagTask:
        """Return a copy of the task with another calibration."""
        return TagTask(
            self.labels,
            scheme=self.scheme,
            parameters=self.parameters,
            calibration=calibration,
            unannotated=self.unannotated,
        )

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """Mask of the tags that each target allows, ``[targets, tags]``.

        The first targets are the tags themselves. Then there is one target for each set of unannotated labels: the
        word may be outside all entities or have any tag of these labels.
        """
        sets = [
            [tag == OUTSIDE or label in labels for tag, label in zip(self.tags, self._tag_labels, strict=True)]
            for labels in self.unannotated
        ]
        return np.concatenate([np.eye(len(self.tags), dtype=bool), np.array(sets, dtype=bool).reshape(-1, *self.shape)])

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """See :meth:`onoma.tasks.Task.targets`; the target of a word is a row index of :attr:`allowed`."""
        chunks = gold_chunks(encoded, unusable=unusable)
        target_indices = {tag: number for number, tag in enumerate(self.tags)}
        if unannotated := encoded.document.unannotated:
            target_indices[OUTSIDE] = len(self.tags) + self.unannotated.index(unannotated)
        tags = encode_tags(chunks, length=len(encoded.words), scheme=self.scheme)
        return Targets(np.asarray([target_indices[tag] for tag in tags], dtype=np.int32), NO_SPANS)

    def settled(self, scores: NDArray[np.floating]) -> int:
        """See :meth:`onoma.tasks.Task.settled`."""
        return _find_cuts(scores)[-2]

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[SentencePrediction]:
        """See :meth:`onoma.tasks.Task.decode`.

        A sentence of more than 2,048 words, such as a long text without sentence boundaries, is decoded in pieces. Each
        piece begins at a word that is very likely outside all entities; the scores are exact except for the
        probability that this word is not.
        """
        spans: list[list[ScoredSpan]] = [[] for _ in sentences]
        pieces = [
            (number, start, scores[start:end])
            for number, scores in enumerate(sentences)
            for start, end in pairwise(_find_cuts(scores))
            if end > start
        ]
        if pieces:
            for (number, offset, _), span in self._decode_pieces(pieces):
                spans[number].append(span._replace(start=span.start + offset, end=span.end + offset))
        return [
            TagPrediction(self, scores, sentence_spans) for scores, sentence_spans in zip(sentences, spans, strict=True)
        ]

    def span_probabilities(
        self, sentences: Sequence[NDArray[np.floating]], *, start: int, end: int, label: str
    ) -> NDArray[np.float64]:
        """Return the probability of one span with a label in each of several sentences, ``[sentences]``.

        See :meth:`onoma.tasks.SentencePrediction.probability`.
        """
        return self._span_probabilities(self.lattice(sentences), start, end, label)

    def lattice(self, sentences: Sequence[NDArray[np.floating]]) -> Lattice:
        """Return the lattice of sentences, given their tag scores, ``[words, tags]`` each."""
        return Lattice.over(
            [softmax(self.calibration.apply_temperature(scores)) for scores in sentences], self._scaled_transitions
        )

    def tags_of(self, label: str, *, length: int) -> NDArray[np.int64]:
        """Return the tag indices of an entity of this many words, ``[words]``; for the label ``O``, those of ``O``."""
        chunks = [] if label == OUTSIDE else [Chunk(0, length, label)]
        tags = encode_tags(chunks, length=length, scheme=self.scheme)
        return np.asarray([self.tags.index(tag) for tag in tags])

    def _span_probabilities(self, lattice: Lattice, start: int, end: int, label: str) -> NDArray[np.float64]:
        sentences, words, _ = lattice.emissions.shape
        if label != OUTSIDE and label not in self.labels:
            return np.zeros(sentences)
        tags = np.zeros((sentences, words), dtype=np.int64)
        tags[:, start:end] = self.tags_of(label, length=end - start)
        rows = np.arange(sentences)
        probabilities = lattice.probabilities(rows, np.full(sentences, start), np.full(sentences, end), tags)
        return probabilities if label == OUTSIDE else self.calibration.scores(probabilities)

    def _decode_pieces(
        self, pieces: Sequence[tuple[int, int, NDArray[np.floating]]]
    ) -> list[tuple[tuple[int, int, NDArray[np.floating]], ScoredSpan]]:
        """Return the entities of pieces of sentences, each together with its piece."""
        logits = self.calibration.apply_temperature(np.concatenate([piece_scores for _, _, piece_scores in pieces]))
        bounds = np.concatenate([[0], np.cumsum([len(piece_scores) for _, _, piece_scores in pieces])])
        tags = best_sequences(logits, bounds, self._scaled_transitions)
        if not tags.any():
            return []
        starts, ends = self._find_chunks(tags, bounds)
        owners = np.searchsorted(bounds, starts, side="right") - 1
        probabilities = self._chunk_probabilities(logits, tags, bounds=bounds, owners=owners, starts=starts, ends=ends)
        labels = [self._tag_labels[tag] for tag in tags[starts].tolist()]
        piece_starts = bounds[owners]
        columns = (
            array.tolist()
            for array in (owners, starts - piece_starts, ends - piece_starts, self.calibration.scores(probabilities))
        )
        return [
            (pieces[owner], ScoredSpan(start, end, label, score))
            for owner, start, end, score, label in zip(*columns, labels, strict=True)
            if self.calibration.keeps(label, score)
        ]

    def _find_chunks(
        self, tags: NDArray[np.int64], bounds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the starts and ends of the entities in tags that conform to the scheme."""
        is_entity = tags != 0
        is_continued = np.zeros(len(tags) + 1, dtype=bool)
        is_continued[1:-1] = self.transitions.continues[tags[:-1], tags[1:]]
        is_continued[bounds] = False
        return (is_entity & ~is_continued[:-1]).nonzero()[0], (is_entity & ~is_continued[1:]).nonzero()[0] + 1

    def _chunk_probabilities(
        self,
        logits: NDArray[np.floating],
        tags: NDArray[np.int64],
        *,
        bounds: NDArray[np.int64],
        owners: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Return the probability of each entity; lattices are computed only for sentences that contain one."""
        probabilities = np.empty(len(starts))
        lengths = np.diff(bounds)
        pieces_with_chunks = np.unique(owners)
        for batch in batch_by_length(lengths[pieces_with_chunks].tolist(), budget=MAX_BATCH_WORDS):
            group = pieces_with_chunks[batch]
            piece_slices = [slice(bounds[piece], bounds[piece + 1]) for piece in group.tolist()]
            tag_probabilities = softmax(np.concatenate([logits[span] for span in piece_slices]))
            lattice = Lattice.over(
                np.split(tag_probabilities, np.cumsum(lengths[group])[:-1]), self._scaled_transitions
            )
            padded_tags = np.zeros(lattice.emissions.shape[:2], dtype=np.int64)
            for row, span in zip(padded_tags, piece_slices, strict=True):
                row[: span.stop - span.start] = tags[span]
            rows = np.full(len(lengths), -1)
            rows[group] = np.arange(len(group))
            chunk_indices = (rows[owners] >= 0).nonzero()[0]
            piece_starts = bounds[owners[chunk_indices]]
            probabilities[chunk_indices] = lattice.probabilities(
                rows[owners[chunk_indices]],
                starts[chunk_indices] - piece_starts,
                ends[chunk_indices] - piece_starts,
                padded_tags,
            )
        return probabilities


class TagPrediction:
    """A :class:`~onoma.tasks.SentencePrediction` of one sentence's tag scores, ``[words, tags]``."""

    def __init__(self, task: TagTask, scores: NDArray[np.floating], spans: Sequence[ScoredSpan]) -> None:
        self.scores = scores
        self.spans = spans
        self._task = task

    @cached_property
    def _lattice(self) -> Lattice:
        return self._task.lattice([self.scores])

    def probability(self, start: int, end: int, label: str) -> float:
        """See :meth:`onoma.tasks.SentencePrediction.probability`."""
        return float(self._task._span_probabilities(self._lattice, start, end, label)[0])


def _find_cuts(scores: NDArray[np.floating]) -> list[int]:
    """Return the start of each piece of a sentence, followed by the end of the sentence.

    Each cut is before the word that is most likely outside all entities, within the last quarter of the maximum length.
    """
    cuts = [0]
    while len(scores) - cuts[-1] > _MAX_PIECE_WORDS:
        start = cuts[-1] + 3 * _MAX_PIECE_WORDS // 4
        candidates = scores[start : cuts[-1] + _MAX_PIECE_WORDS]
        entity_margins = candidates[:, 1:].max(axis=1, initial=-np.inf) - candidates[:, 0]
        cuts.append(start + int(entity_margins.argmin()))
    return [*cuts, len(scores)]
