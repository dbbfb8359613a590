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
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded
from onoma.schemes import OUTSIDE, Chunk
from onoma.tasks.calibration import UNCALIBRATED, Calibration
from onoma.tasks.targets import Overlaps, Targets, are_compatible, gold_chunks
from onoma.tasks.task import ScoredSpan, SentencePrediction

_LONGEST = 2_048
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
        bound: log-odds before calibration above which a span is an entity.
        parameters: learned scores of the widths; if None, all are 0.
        calibration: calibration of the probabilities, and score thresholds.
    """

    def __init__(
        self,
        labels: Sequence[str],
        *,
        size: int,
        widest: int,
        overlaps: Overlaps = "flat",
        bound: float = 0.0,
        parameters: Parameters | None = None,
        calibration: Calibration = UNCALIBRATED,
    ) -> None:
        self.labels = tuple(labels)
        self.size = size
        self.widest = widest
        self.overlaps: Overlaps = overlaps
        self.bound = bound
        self.calibration = calibration
        width = (parameters or {}).get("width")
        self.width = np.zeros((widest, len(labels))) if width is None else np.asarray(width, dtype=np.float64)
        if self.width.shape != (widest, len(labels)):
            raise ValueError(f"scores of widths have the shape {self.width.shape}, expected {(widest, len(labels))}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one word's features, ``(features,)``: query, key, scores as first word, scores as last word."""
        return (2 * self.size + 2 * len(self.labels),)

    def with_parameters(self, parameters: Parameters) -> SpanTask:
        """Return a copy of the task with the learned parameters of a head."""
        return self._with(parameters=parameters)

    def with_calibration(self, calibration: Calibration) -> SpanTask:
        """Return a copy of the task with another calibration."""
        return self._with(calibration=calibration)

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """See :meth:`onoma.tasks.Task.targets`: 0 for each word, and the spans of the gold entities."""
        numbers = {label: number for number, label in enumerate(self.labels)}
        spans = []
        for chunk in gold_chunks(encoded, unusable=unusable, overlaps=self.overlaps):
            if chunk.end - chunk.start > self.widest:
                unusable[f"has more than {self.widest} words, which is model.widest_span: left out"] += 1
            else:
                spans.append((chunk.start, chunk.end - 1, numbers[chunk.label]))
        words = np.zeros(len(encoded.words), dtype=np.int32)
        return Targets(words, np.asarray(spans, dtype=np.int32).reshape(-1, 3))

    def settled(self, scores: NDArray[np.floating]) -> int:
        """See :meth:`onoma.tasks.Task.settled`."""
        return self._cuts(scores)[-2]

    def decode(self, sentences: Sequence[NDArray[np.floating]]) -> list[SentencePrediction]:
        """See :meth:`onoma.tasks.Task.decode`.

        A sentence of more than 2,048 words is decoded in pieces; each cut is at the word boundary where the most
        likely span across it has the lowest score.
        """
        spans: list[list[ScoredSpan]] = []
        for features in sentences:
            own: list[ScoredSpan] = []
            cuts = self._cuts(features)
            for start, end in pairwise(cuts):
                own += (
                    span._replace(start=span.start + start, end=span.end + start)
                    for span in self._entities(features[start:end])
                )
            spans.append(sorted(own, key=lambda span: (span.start, -span.end)))
        return [SpanPrediction(self, features, own) for features, own in zip(sentences, spans, strict=True)]

    def log_odds(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the log-odds of all spans of a sentence before calibration, ``[widest, words, labels]``.

        Row ``w`` contains the spans of ``w + 1`` words by their first word; spans that would extend beyond the end of
        the sentence have minus infinity.
        """
        words, labels, size = len(features), len(self.labels), self.size
        exact = features.astype(np.float64)
        query, key = exact[:, :size], exact[:, size : 2 * size]
        first, last = exact[:, 2 * size : 2 * size + labels], exact[:, 2 * size + labels :]
        found = np.full((self.widest, words, labels), -np.inf)
        for width in range(min(self.widest, words)):
            count = words - width
            match = np.einsum("nd,nd->n", query[:count], key[width:]) / np.sqrt(size)
            found[width, :count] = match[:, None] + first[:count] + last[width:] + self.width[width]
        return found

    def probabilities(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of spans with these log-odds."""
        return self.calibration.scores(_logistic(self.calibration.apply_temperature(log_odds)))

    def _with(self, *, parameters: Parameters | None = None, calibration: Calibration | None = None) -> SpanTask:
        return SpanTask(
            self.labels,
            size=self.size,
            widest=self.widest,
            overlaps=self.overlaps,
            bound=self.bound,
            parameters={"width": self.width} if parameters is None else parameters,
            calibration=self.calibration if calibration is None else calibration,
        )

    def _entities(self, features: NDArray[np.floating]) -> list[ScoredSpan]:
        """Return the entities of one sentence.

        Spans are considered in descending order of score; a span is left out if it overlaps a span chosen before in a
        way that ``overlaps`` does not allow.
        """
        log_odds = self.log_odds(features)
        widths, starts, labels = np.nonzero(log_odds > self.bound)
        odds = log_odds[widths, starts, labels]
        order = np.lexsort((labels, widths, starts, -odds))
        scores = self.probabilities(odds)
        chosen: list[Chunk] = []
        entities: list[ScoredSpan] = []
        for place in order.tolist():
            start, label = int(starts[place]), self.labels[labels[place]]
            chunk = Chunk(start, start + int(widths[place]) + 1, label)
            if all(are_compatible(chunk, other, self.overlaps) for other in chosen):
                chosen.append(chunk)
                score = float(scores[place])
                if self.calibration.keeps(label, score):
                    entities.append(ScoredSpan(*chunk, score))
        return entities

    def _cuts(self, features: NDArray[np.floating]) -> list[int]:
        """Return the start of each piece of a sentence, followed by the end of the sentence."""
        cuts = [0]
        while len(features) - cuts[-1] > _LONGEST:
            first, last = cuts[-1] + 3 * _LONGEST // 4, cuts[-1] + _LONGEST
            # For each possible cut, compute the log-odds of the most likely span that it would split.
            from_ = max(cuts[-1], first - self.widest)
            log_odds = self.log_odds(features[from_ : last + self.widest]).max(axis=2)
            crossing = np.full(last - first, -np.inf)
            for width in range(1, self.widest):
                for inside in range(1, width + 1):
                    starts = np.arange(first, last) - inside - from_
                    known = starts >= 0
                    crossing[known] = np.maximum(crossing[known], log_odds[width, starts[known]])
            cuts.append(first + int(crossing.argmin()))
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
        task = self._task
        if label == OUTSIDE:
            touching = np.concatenate(list(self._touching(start, end)))
            return float(np.exp(np.log1p(-np.minimum(task.probabilities(touching), 1 - 1e-12)).sum()))
        if end - start > task.widest:
            return 0.0
        odds = self._log_odds[end - start - 1, start, task.labels.index(label)]
        return float(task.probabilities(np.asarray([odds]))[0])

    def _touching(self, start: int, end: int) -> Iterator[NDArray[np.float64]]:
        """Yield the log-odds of the spans that contain any of the words ``[start, end)``, one array for each width."""
        for width in range(min(self._task.widest, len(self.scores))):
            odds = self._log_odds[width, max(0, start - width) : end]
            yield odds[np.isfinite(odds)]


def _logistic(log_odds: NDArray[np.floating]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.exp(-np.logaddexp(0, -log_odds.astype(np.float64)))
    return share
