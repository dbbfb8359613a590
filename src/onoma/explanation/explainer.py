"""Computation of explanations for the predictions of a model."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import Bundle
from onoma.encoding import Encoded
from onoma.errors import BundleError, InputError
from onoma.explanation.evidence import Evidence, Index
from onoma.explanation.explained import Explained, Explanation, WordAttribution
from onoma.explanation.occlusion import occlusion
from onoma.explanation.passage import Passage, words_at
from onoma.explanation.target import Target, masked_logits
from onoma.runtime import Backend
from onoma.schemes import OUTSIDE
from onoma.tagger import Tagger
from onoma.tasks import SpanTask, log_odds
from onoma.text import Document, Entity, Span

if TYPE_CHECKING:
    from onoma.models import Model

SpanQuery = tuple[int, int] | str
"""Spans of a text: character offsets ``(start, end)``, or a string, which stands for all its occurrences."""

SHOWN = 3
"""Default number of training mentions that are returned as evidence."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A span of a document and the label to explain.

    Attributes:
        entity: span, extended to whole words, with its label and their probability.
        predicted: whether the model predicts exactly this entity or, for the label ``O``, no entity there.
        scores: probability of the span with each label, including ``O``.
        target: the same span and label as a function of the head's scores.
    """

    entity: Entity
    predicted: bool
    scores: Mapping[str, float]
    target: Target


class Explainer:
    """Explainer of a model's predictions.

    Args:
        bundle: bundle of the model.
        backend: backend that runs the model.
        model: the same model in torch, in evaluation mode; without it there are neither gradients nor evidence.
        index: index of the entities of its training set.
    """

    def __init__(
        self, bundle: Bundle, backend: Backend, *, model: Model | None = None, index: Index | None = None
    ) -> None:
        self.bundle = bundle
        self.model = model
        self.index = index
        self.backend = backend
        self._windower = bundle.windower()
        self._task = bundle.task()
        self._tagger = Tagger(bundle, backend)

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the available attribution methods."""
        return ("occlusion",) if self.model is None else ("gradients", "occlusion")

    def explain(
        self,
        text: str | Document,
        *,
        spans: Sequence[SpanQuery] = (),
        label: str | None = None,
        evidence: int | None = None,
    ) -> Explained:
        """Explain all predicted entities, or the given spans; see :func:`onoma.explain`.

        Raises:
            InputError: a span is not in the text, or the model does not have the label.
            BundleError: evidence is requested, but there is no index.
        """
        if evidence and self.index is None:
            raise BundleError(f"{self.bundle.folder}: {self._no_index_message}")
        count = SHOWN if evidence is None else evidence
        document, questions = self.questions(text, spans=spans, label=label)
        explanations = tuple(self._explain_question(question, evidence=count) for question in questions)
        notes = () if self.model is not None else (f"attribution is by occlusion only: {self._no_weights_message}",)
        return Explained(document=document, explanations=explanations, notes=notes)

    def questions(
        self, text: str | Document, *, spans: Sequence[SpanQuery] = (), label: str | None = None
    ) -> tuple[Document, list[Question]]:
        """Return the document with predicted entities, and the questions to explain; see :meth:`explain`."""
        known_labels = (*self.bundle.labels, OUTSIDE)
        if label is not None and label not in known_labels:
            raise InputError(f"label {label!r}: unknown to the model; choose one of {', '.join(known_labels)}")
        document = self._tagger.tag(text)
        (encoded,) = self._windower.encode([document])
        queries: list[tuple[int, int, str | None]]
        if not spans:
            queries = [(entity.start, entity.end, label or entity.label) for entity in document.entities]
        else:
            queries = [(*characters, label) for span in spans for characters in _character_ranges(span, document.text)]
        return document, [self._build_question(encoded, *query) for query in queries]

    def weigh(self, question: Question, method: str) -> NDArray[np.float64]:
        """Return the attribution of each word of the passage by one of the ``methods``, in log-odds, ``[words]``."""
        if method == "gradients" and self.model is not None:
            from onoma.explanation.gradients import integrated_gradients

            return integrated_gradients(self.model, question.target)
        return occlusion(self.backend, question.target)

    def relative_gap(self, question: Question, pushes: NDArray[np.float64]) -> float:
        """Return the completeness gap of attributions, relative to the difference that they should add up to."""
        span_log_odds, baseline = self._log_odds_and_baseline(question)
        return float(
            abs(span_log_odds - baseline - pushes.sum()) / max(abs(span_log_odds - baseline), np.finfo(np.float64).tiny)
        )

    def _build_question(self, encoded: Encoded, start: int, end: int, label: str | None) -> Question:
        first, last = words_at(encoded, start, end)
        passage = Passage.of(self._windower, encoded, first, last)
        start, end = passage.words[passage.span[0]].start, passage.words[passage.span[1] - 1].end
        if isinstance(self._task, SpanTask) and last - first > self._task.widest:
            raise InputError(
                f"span {start}:{end}: has {last - first} words, more than the {self._task.widest} of the widest span "
                "that this model scores; choose a part of it"
            )
        touching = [each for each in encoded.document.entities if each.overlaps(Span(start=start, end=end))]
        predicted_labels = [each.label for each in touching if (each.start, each.end) == (start, end)]
        scores = self._label_scores(passage)
        likely_labels = predicted_labels or self.bundle.labels
        chosen_label = label or max(likely_labels, key=lambda each: scores[each])
        return Question(
            entity=encoded.document.entity(start, end, chosen_label, score=scores[chosen_label]),
            predicted=chosen_label in predicted_labels or (chosen_label == OUTSIDE and not touching),
            scores=scores,
            target=Target(passage, self._task, chosen_label),
        )

    def _label_scores(self, passage: Passage) -> Mapping[str, float]:
        """Return the probability of the passage's span with each label, including ``O``."""
        logits = masked_logits(self.backend, passage, np.zeros((1, len(passage.words)), dtype=bool))
        return {
            label: float(Target(passage, self._task, label).probabilities(logits)[0])
            for label in (*self.bundle.labels, OUTSIDE)
        }

    def _explain_question(self, question: Question, *, evidence: int) -> Explanation:
        passage = question.target.passage
        other_scores = {label: score for label, score in question.scores.items() if label != question.entity.label}
        runner_up = max(other_scores, key=lambda label: other_scores[label])
        span_log_odds, baseline = self._log_odds_and_baseline(question)
        attributions = {method: self.weigh(question, method).tolist() for method in self.methods}
        columns = zip(
            passage.words,
            attributions.get("gradients", [None] * len(passage.words)),
            attributions["occlusion"],
            strict=True,
        )
        return Explanation(
            entity=question.entity,
            predicted=question.predicted,
            runner_up=runner_up,
            runner_up_score=other_scores[runner_up],
            log_odds=span_log_odds,
            baseline=baseline,
            words=tuple(
                WordAttribution(start=word.start, end=word.end, text=word.text, gradients=gradients, occlusion=occluded)
                for word, gradients, occluded in columns
            ),
            evidence=self._find_evidence(passage, count=evidence),
        )

    def _log_odds_and_baseline(self, question: Question) -> tuple[float, float]:
        """Return the log-odds of the target with all words and with every word hidden."""
        passage = question.target.passage
        hidden = np.asarray([[False], [True]]).repeat(len(passage.words), axis=1)
        span_log_odds, baseline = log_odds(question.target.probabilities(masked_logits(self.backend, passage, hidden)))
        return float(span_log_odds), float(baseline)

    def _find_evidence(self, passage: Passage, *, count: int) -> tuple[Evidence, ...]:
        if self.index is None or self.model is None or not count:
            return ()
        from onoma.explanation.states import span_vectors

        return self.index.nearest(span_vectors(self.model, [passage])[0], count=count)

    @property
    def _no_weights_message(self) -> str:
        return (
            f"{self.bundle.folder} has no weights for torch, only a graph; pass the folder that `onoma train` has "
            "written, for integrated gradients and similar training entities"
        )

    @property
    def _no_index_message(self) -> str:
        if self.model is None:
            return f"there is no evidence: {self._no_weights_message}"
        folder = shlex.quote(str(self.bundle.folder))
        return f"there is no index of training entities; write it with `onoma index {folder} TRAIN`"


def _character_ranges(span: SpanQuery, text: str) -> Iterator[tuple[int, int]]:
    if not isinstance(span, str):
        yield span
        return
    start = text.find(span) if span else -1
    if start < 0:
        raise InputError(f"span {span!r}: is not in the text; give characters, as in 0:5")
    while start >= 0:
        yield start, start + len(span)
        start = text.find(span, start + len(span))
