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

from onoma.encoding import Encoded
from onoma.errors import InputError
from onoma.schemes import OUTSIDE, Chunk, Scheme, encode_tags, parse_tag
from onoma.tasks.calibration import UNCALIBRATED, Calibration
from onoma.tasks.lattice import Lattice, softmax
from onoma.tasks.targets import NO_SPANS, Targets, gold_chunks
from onoma.tasks.task import ScoredSpan, SentencePrediction
from onoma.tasks.transitions import Transitions, best_sequences, by_length

MAX_LABELS = 1_000
"""Maximum number of labels: decoding needs a ``[tags, tags]`` matrix, and a label has up to four tags."""

_LONGEST = 2_048
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
        InputError: there are more than :data:`MAX_LABELS` labels.

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
        if len(labels) > MAX_LABELS:
            raise InputError(
                f"{len(labels):,} labels, the first {labels[0]!r}; at most {MAX_LABELS:,} are possible: is another "
                "column read as labels?"
            )
        self.labels = tuple(labels)
        self.scheme = scheme
        self.parameters = dict(parameters or {})
        self.calibration = calibration
        self.unannotated = tuple(unannotated)
        self.tags = scheme.tags(self.labels)
        allowed = Transitions.of(scheme, self.tags)
        self.transitions = allowed.with_scores(**self.parameters) if self.parameters else allowed
        self._at_temperature = self.transitions.at(calibration.temperature)
        self._label_of = [parse_tag(tag).label for tag in self.tags]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the scores of one word: ``(tags,)``."""
        return (len(self.tags),)

    def with_parameters(self, parameters: Parameters) -> TagTask:
        """Return a copy of the task with the learned parameters of a head."""
        return TagTask(
            self.labels,
            scheme=self.scheme,
            parameters=parameters,
            calibration=self.calibration,
            unannotated=self.unannotated,
        )

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
            [tag == OUTSIDE or label in labels for tag, label in zip(self.tags, self._label_of, strict=True)]
            for labels in self.unannotated
        ]
        return np.concatenate([np.eye(len(self.tags), dtype=bool), np.array(sets, dtype=bool).reshape(-1, *self.shape)])

    def targets(self, encoded: Encoded, *, unusable: Counter[str]) -> Targets:
        """See :meth:`onoma.tasks.Task.targets`; the target of a word is a row index of :attr:`allowed`."""
        chunks = gold_chunks(encoded, unusable=unusable)
        numbers = {tag: number for number, tag in enumerate(self.tags)}
        if missing := encoded.document.unannotated:
            numbers[OUTSIDE] = len(self.tags) + self.unannotated.index(missing)
        tags = encode_tags(chunks, length=len(encoded.words), scheme=self.scheme)
        return Targets(np.asarray([numbers[tag] for tag in tags], dtype=np.int32), NO_SPANS)

    def settled(self, scores: NDArray[np.floating]) -> int:
        """See :meth:`onoma.tasks.Task.settled`."""
        return _cuts(scores)[-2]

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
            for start, end in pairwise(_cuts(scores))
            if end > start
        ]
        if pieces:
            for (number, offset, _), span in self._found(pieces):
                spans[number].append(span._replace(start=span.start + offset, end=span.end + offset))
        return [TagPrediction(self, scores, own) for scores, own in zip(sentences, spans, strict=True)]

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
            [softmax(self.calibration.apply_temperature(scores)) for scores in sentences], self._at_temperature
        )

    def tags_of(self, label: str, *, length: int) -> NDArray[np.int64]:
        """Return the tag indices of an entity of this many words, ``[words]``; for the label ``O``, those of ``O``."""
        chunks = [] if label == OUTSIDE else [Chunk(0, length, label)]
        names = encode_tags(chunks, length=length, scheme=self.scheme)
        return np.asarray([self.tags.index(name) for name in names])

    def _span_probabilities(self, lattice: Lattice, start: int, end: int, label: str) -> NDArray[np.float64]:
        sentences, words, _ = lattice.emitted.shape
        tags = np.zeros((sentences, words), dtype=np.int64)
        tags[:, start:end] = self.tags_of(label, length=end - start)
        rows = np.arange(sentences)
        found = lattice.probabilities(rows, np.full(sentences, start), np.full(sentences, end), tags)
        return found if label == OUTSIDE else self.calibration.scores(found)

    def _found(
        self, pieces: Sequence[tuple[int, int, NDArray[np.floating]]]
    ) -> list[tuple[tuple[int, int, NDArray[np.floating]], ScoredSpan]]:
        """Return the entities of pieces of sentences, each together with its piece."""
        logits = self.calibration.apply_temperature(np.concatenate([own for _, _, own in pieces]))
        bounds = np.concatenate([[0], np.cumsum([len(own) for _, _, own in pieces])])
        tags = best_sequences(logits, bounds, self._at_temperature)
        if not tags.any():
            return []
        starts, ends = self._chunks(tags, bounds)
        owners = np.searchsorted(bounds, starts, side="right") - 1
        likely = self._probabilities(logits, tags, bounds=bounds, owners=owners, starts=starts, ends=ends)
        labels = [self._label_of[tag] for tag in tags[starts].tolist()]
        firsts = bounds[owners]
        columns = (
            array.tolist() for array in (owners, starts - firsts, ends - firsts, self.calibration.scores(likely))
        )
        return [
            (pieces[owner], ScoredSpan(start, end, label, score))
            for owner, start, end, score, label in zip(*columns, labels, strict=True)
            if self.calibration.keeps(label, score)
        ]

    def _chunks(
        self, tags: NDArray[np.int64], bounds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the starts and ends of the entities in tags that conform to the scheme."""
        named = tags != 0
        continued = np.zeros(len(tags) + 1, dtype=bool)
        continued[1:-1] = self.transitions.continues[tags[:-1], tags[1:]]
        continued[bounds] = False
        return (named & ~continued[:-1]).nonzero()[0], (named & ~continued[1:]).nonzero()[0] + 1

    def _probabilities(
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
        certain = np.empty(len(starts))
        lengths = np.diff(bounds)
        for group in by_length({owner: int(lengths[owner]) for owner in owners.tolist()}):
            spans = [slice(bounds[piece], bounds[piece + 1]) for piece in group]
            shares = softmax(np.concatenate([logits[span] for span in spans]))
            lattice = Lattice.over(np.split(shares, np.cumsum(lengths[group])[:-1]), self._at_temperature)
            chosen = np.zeros(lattice.emitted.shape[:2], dtype=np.int64)
            for row, span in zip(chosen, spans, strict=True):
                row[: span.stop - span.start] = tags[span]
            rows = np.full(len(lengths), -1)
            rows[group] = np.arange(len(group))
            own = (rows[owners] >= 0).nonzero()[0]
            first = bounds[owners[own]]
            certain[own] = lattice.probabilities(rows[owners[own]], starts[own] - first, ends[own] - first, chosen)
        return certain


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


def _cuts(scores: NDArray[np.floating]) -> list[int]:
    """Return the start of each piece of a sentence, followed by the end of the sentence.

    Each cut is before the word that is most likely outside all entities, within the last quarter of the maximum length.
    """
    cuts = [0]
    while len(scores) - cuts[-1] > _LONGEST:
        start = cuts[-1] + 3 * _LONGEST // 4
        stretch = scores[start : cuts[-1] + _LONGEST]
        doubt = stretch[:, 1:].max(axis=1, initial=-np.inf) - stretch[:, 0]
        cuts.append(start + int(doubt.argmin()))
    return [*cuts, len(scores)]
