"""Prediction of entities, which may be nested, by scoring all spans of words.

A head gives each word a query, a key, and for each label one score as the first word and one as the last word of an
entity. The score of the words from ``i`` to ``j`` with a label is ::

    query_i · key_j / sqrt(size) + first_i[label] + last_j[label] + width[j - i, label]

and the logistic function of this score is the probability of exactly this span and label. The exported graph thus
returns only a few features for each word; the spans are scored in this module.

Sources: Su et al. 2022, Global Pointer, section 2.3 (query, key and two scores for each label: "efficient" global
pointer), with a learned score of each width instead of rotary positions; Yu et al. 2020 (entities as scored spans,
overlaps resolved in descending order of score).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.schemes import OUTSIDE, Chunk
from onoma.tasks.calibration import PROBABILITY_EPSILON, UNCALIBRATED, Calibration, sigmoid
from onoma.tasks.limits import checked_labels
from onoma.tasks.targets import ChunkIndex, Overlaps, Targets, gold_chunks
from onoma.tasks.task import ScoredSpan, SentencePrediction

_MAX_PIECE_WORDS = 2_048
"""Maximum number of words that are decoded at once; longer sentences are decoded in pieces."""

Parameters = Mapping[str, NDArray[np.floating]]
"""Learned parameters of the head that decoding needs: ``width``, ``[widest, labels]``."""


class SpanTask:
    """Prediction of entities as scored spans of words.

    Args:
        labels: entity types, in the order of the head's scores.
        size: dimension of a query and of a key.
        widest: maximum number of words of a span.
        overlaps: kinds of overlap that predicted entities may have.
        threshold: log-odds before calibration above which a span is an entity.
        parameters: learned scores of the widths; if None, all are 0.
        calibration: calibration of the probabilities, and score thresholds.

    Raises:
        InputError: there are more than :data:`~onoma.tasks.MAX_LABELS` labels.
    """

    def __init__(
        self,
        labels: Sequence[str],
        *,
        size: int,
        widest: int,
        overlaps: Overlaps = "flat",
        threshold: float = 0.0,
        parameters: Parameters | None = None,
        calibration: Calibration = UNCALIBRATED,
    ) -> None:
        self.labels = checked_labels(labels)
        self.size = size
        self.widest = widest
        self.overlaps: Overlaps = overlaps
        self.threshold = threshold
        self.calibration = calibration
        width = (parameters or {}).get("width")
        self.width = np.zeros((widest, len(labels))) if width is None else np.asarray(width, dtype=np.float64)
        if self.width.shape != (widest, len(labels)):
            raise ValueError(f"scores of widths have the shape {self.width.shape}, expected {(widest, len(labels))}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one word's features, ``(features,)``: query, key, scores as first word, scores as last word."""
        return (2 * self.size + 2 * len(self.labels),)

    def with_calibration(self, calibration: Calibration) -> SpanTask:
        """Return a copy of the task with another calibration."""
        return SpanTask(
            self.labels,
            size=self.size,
            widest=self.widest,
            overlaps=self.overlaps,
            threshold=self.threshold,
            parameters={"width": self.width},
            calibration=calibration,
        )

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """See :meth:`onoma.tasks.Task.targets`: 0 for each word, and the spans of the gold entities.

        If the document does not annotate a label, there is also a span of each single word, with the number of labels
        plus the index of this label.
        """
        label_indices = {label: number for number, label in enumerate(self.labels)}
        spans = [
            (word, word, len(self.labels) + label_indices[label])
            for label in sorted(encoded.document.unannotated & label_indices.keys())
            for word in range(len(encoded.words))
        ]
        for chunk in gold_chunks(encoded, unusable=unusable, overlaps=self.overlaps):
            if chunk.end - chunk.start > self.widest:
                unusable[f"has more than {self.widest} words, which is model.widest_span: left out"] += 1
            else:
                spans.append((chunk.start, chunk.end - 1, label_indices[chunk.label]))
        word_targets = np.zeros(len(encoded.words), dtype=np.int32)
        return Targets(word_targets, np.asarray(spans, dtype=np.int32).reshape(-1, 3))

    def settled(self, scores: NDArray[np.floating]) -> int:
        """See :meth:`onoma.tasks.Task.settled`.

        A cut is known once all spans that may cross it have been scored, up to ``widest`` words beyond its last place.
        """
        settled = 0
        for cut in self._find_cuts(scores)[1:-1]:
            if settled + _MAX_PIECE_WORDS + self.widest > len(scores):
                break
            settled = cut
        return settled

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[SentencePrediction]:
        """See :meth:`onoma.tasks.Task.decode`.

        A sentence of more than 2,048 words is decoded in pieces; each cut is at the word boundary where the most
        likely span across it has the lowest score.
        """
        spans: list[list[ScoredSpan]] = []
        for features in sentences:
            sentence_spans: list[ScoredSpan] = []
            cuts = self._find_cuts(features)
            for start, end in pairwise(cuts):
                sentence_spans += (
                    span._replace(start=span.start + start, end=span.end + start)
                    for span in self._decode_piece(features[start:end])
                )
            spans.append(sorted(sentence_spans, key=lambda span: (span.start, -span.end)))
        return [
            SpanPrediction(self, features, sentence_spans)
            for features, sentence_spans in zip(sentences, spans, strict=True)
        ]

    def log_odds(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the log-odds of all spans of a sentence before calibration, ``[widest, words, labels]``.

        Row ``w`` contains the spans of ``w + 1`` words by their first word; spans that would extend beyond the end of
        the sentence have minus infinity.
        """
        words, labels, size = len(features), len(self.labels), self.size
        columns = features.astype(np.float64)
        query, key = columns[:, :size], columns[:, size : 2 * size]
        first_scores, last_scores = columns[:, 2 * size : 2 * size + labels], columns[:, 2 * size + labels :]
        log_odds = np.full((self.widest, words, labels), -np.inf)
        for width in range(min(self.widest, words)):
            count = words - width
            similarity = np.einsum("nd,nd->n", query[:count], key[width:]) / np.sqrt(size)
            log_odds[width, :count] = (
                similarity[:, None] + first_scores[:count] + last_scores[width:] + self.width[width]
            )
        return log_odds

    def probabilities(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of spans with these log-odds."""
        return self.calibration.scores(sigmoid(self.calibration.apply_temperature(log_odds)))

    def span_probabilities(
        self, sentences: Sequence[NDArray[np.floating]], *, start: int, end: int, label: str
    ) -> NDArray[np.float64]:
        """Return the probability of one span with a label in each of several sentences, ``[sentences]``.

        See :meth:`SpanPrediction.probability`.
        """
        probabilities = [
            self.span_probability(self.log_odds(features), start=start, end=end, label=label) for features in sentences
        ]
        return np.asarray(probabilities)

    def span_probability(self, log_odds: NDArray[np.float64], *, start: int, end: int, label: str) -> float:
        """Return the probability of one span, given the :meth:`log_odds` of all spans of its sentence.

        See :meth:`SpanPrediction.probability`.
        """
        if label == OUTSIDE:
            touching = log_odds[self.touching_spans(start, end, words=log_odds.shape[1])]
            probabilities = np.minimum(self.probabilities(touching), 1 - PROBABILITY_EPSILON)
            return float(np.exp(np.log1p(-probabilities).sum()))
        if end - start > self.widest or label not in self.labels:
            return 0.0
        span_log_odds = log_odds[end - start - 1, start, self.labels.index(label)]
        return float(self.probabilities(np.asarray([span_log_odds]))[0])

    def touching_spans(self, start: int, end: int, *, words: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the spans that contain any of the words ``[start, end)`` of a sentence of ``words`` words.

        Returns:
            For each span, the number of words after its first one, and the first word, ``[spans]`` each.
        """
        widths, firsts = np.mgrid[: min(self.widest, words), :words].reshape(2, -1)
        lasts = firsts + widths
        touching = (firsts < end) & (lasts >= start) & (lasts < words)
        return widths[touching], firsts[touching]

    def _decode_piece(self, features: NDArray[np.floating]) -> list[ScoredSpan]:
        """Return the entities of one sentence.

        Spans are considered in descending order of score; a span is left out if it overlaps a span chosen before in a
        way that ``overlaps`` does not allow.
        """
        log_odds = self.log_odds(features)
        widths, starts, labels = np.nonzero(log_odds > self.threshold)
        candidate_log_odds = log_odds[widths, starts, labels]
        order = np.lexsort((labels, widths, starts, -candidate_log_odds))
        scores = self.probabilities(candidate_log_odds)
        chosen = ChunkIndex(self.overlaps)
        entities: list[ScoredSpan] = []
        for candidate in order.tolist():
            start, label = int(starts[candidate]), self.labels[labels[candidate]]
            chunk = Chunk(start, start + int(widths[candidate]) + 1, label)
            if chosen.accepts(chunk):
                chosen.add(chunk)
                score = float(scores[candidate])
                if self.calibration.keeps(label, score):
                    entities.append(ScoredSpan(*chunk, score))
        return entities

    def _find_cuts(self, features: NDArray[np.floating]) -> list[int]:
        """Return the start of each piece of a sentence, followed by the end of the sentence."""
        cuts = [0]
        while len(features) - cuts[-1] > _MAX_PIECE_WORDS:
            first_cut, end_cut = cuts[-1] + 3 * _MAX_PIECE_WORDS // 4, cuts[-1] + _MAX_PIECE_WORDS
            # For each possible cut, compute the log-odds of the most likely span that it would split.
            window_start = max(cuts[-1], first_cut - self.widest)
            log_odds = self.log_odds(features[window_start : end_cut + self.widest]).max(axis=2)
            crossing_log_odds = np.full(end_cut - first_cut, -np.inf)
            for width in range(1, self.widest):
                for words_before in range(1, width + 1):
                    starts = np.arange(first_cut, end_cut) - words_before - window_start
                    in_window = starts >= 0
                    crossing_log_odds[in_window] = np.maximum(
                        crossing_log_odds[in_window], log_odds[width, starts[in_window]]
                    )
            cuts.append(first_cut + int(crossing_log_odds.argmin()))
        return [*cuts, len(features)]


class SpanPrediction:
    """A :class:`~onoma.tasks.SentencePrediction` of one sentence's features, ``[words, features]``."""

    def __init__(self, task: SpanTask, scores: NDArray[np.floating], spans: Sequence[ScoredSpan]) -> None:
        self.scores = scores
        self.spans = spans
        self._task = task

    @cached_property
    def _log_odds(self) -> NDArray[np.float64]:
        return self._task.log_odds(self.scores)

    def probability(self, start: int, end: int, label: str) -> float:
        """See :meth:`onoma.tasks.SentencePrediction.probability`; 0 for a span of more than ``widest`` words.

        The probability of the label ``O`` treats the spans that touch the words as independent.
        """
        return self._task.span_probability(self._log_odds, start=start, end=end, label=label)
