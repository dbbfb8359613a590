"""Likely annotation errors, found by comparing gold entities with a model's probabilities and ranked by certainty.

A gold entity is suspicious if the model gives another reading a higher probability: another label for the span, other
bounds, or no entity. A predicted entity that overlaps no gold entity is suspected to be missing in gold. A logistic
score estimates how certain an error is, from three features:

- the kind of the other reading: a model that predicts exactly the annotated span with another label is right far more
  often than one that predicts nothing there, which may just be a weak model;
- the probability of the other reading;
- how often the same words are annotated elsewhere as in the other reading, compared with how often as here.

The weights were fitted on a corpus with artificial errors and tested on others: see ``benchmarks/label_noise.py`` and
its ``--fit``. The score is the expected share of errors in a corpus in which one entity in twenty has an error.

The predictions may come from any model and may include several readings of one place. They are most useful from models
that were not trained on the same document (see ``folds``).

Sources: the ranking by held-out probability follows Northcutt, Jiang and Chuang 2021, "Confident Learning", section 4;
the kinds of readings, the use of surface forms and the extension from items to spans are our own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from onoma.doctor.finding import Finding, LocatedDocument, shown
from onoma.doctor.surface_forms import NOTHING, Forms, odds
from onoma.schemes import OUTSIDE
from onoma.text import Document, Entity

SuspicionKind = Literal["label", "word", "bounds", "spurious", "missing"]

_MIN_MISSING_PROBABILITY = 0.5
"""Minimum probability of a predicted entity that is reported as missing in gold."""

_PROBABILITY_EPSILON = 1e-3
"""Probabilities are clipped to this distance from 0 and 1 before their log-odds are computed."""


@dataclass(frozen=True, slots=True)
class SuspicionWeights:
    """Weights of the logistic score for one kind of suspicion.

    Attributes:
        bias: log-odds of an error if both features are 0.
        model: weight of the log-odds of the model's reading.
        forms: weight of the log-odds from other occurrences of the same surface form.
    """

    bias: float
    model: float
    forms: float


WEIGHTS: Mapping[SuspicionKind, SuspicionWeights] = MappingProxyType(
    {
        "label": SuspicionWeights(-3.2, 0.8, 2.3),
        "word": SuspicionWeights(-3.0, 1.0, 0.9),
        "bounds": SuspicionWeights(-2.6, -0.2, 0.3),
        "spurious": SuspicionWeights(-2.9, 0.0, 0.6),
        "missing": SuspicionWeights(-3.2, 1.2, 1.7),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A likely annotation error.

    Attributes:
        position: index of the document.
        kind: what seems wrong: the ``label``; one bound, by one ``word``; the ``bounds`` in another way; the entity is
            ``spurious`` or ``missing``.
        gold: the suspicious gold entity; None if an entity is missing.
        other: the model's reading; None if it reads no entity there.
        given: probability of the gold annotation.
        otherwise: probability of the model's reading.
        evidence: log-odds of the model's reading against the gold annotation, from other occurrences of the same words.
    """

    position: int
    kind: SuspicionKind
    gold: Entity | None
    other: Entity | None
    given: float
    otherwise: float
    evidence: float

    @property
    def log_odds(self) -> float:
        """Log-odds of the model's reading."""
        clipped = min(max(self.otherwise, _PROBABILITY_EPSILON), 1 - _PROBABILITY_EPSILON)
        return math.log(clipped / (1 - clipped))

    @property
    def score(self) -> float:
        """Estimated probability of an error, in ]0, 1[."""
        weights = WEIGHTS[self.kind]
        return 1 / (1 + math.exp(-weights.bias - weights.model * self.log_odds - weights.forms * self.evidence))


def suspicions(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Suspicion]:
    """Return the likely errors of gold documents by decreasing score.

    Args:
        gold: the annotated documents.
        predicted: the same documents with predicted entities. An entity without a score counts as certain. Entities
            may overlap and may be improbable. The score of an entity with the label ``O`` is the probability that its
            span is not an entity; without one, it is 1 minus the probabilities of all given readings.

    Raises:
        ValueError: the numbers of gold and predicted documents differ, or their texts do.
    """
    forms = Forms(gold)
    result: list[Suspicion] = []
    for position, (gold_document, predicted_document) in enumerate(zip(gold, predicted, strict=True)):
        if gold_document.text != predicted_document.text:
            raise ValueError(f"the predictions for document {position} are about another text")
        readings = [each for each in predicted_document.entities if each.label != OUTSIDE]
        outside_scores = {_span(each): _score(each) for each in predicted_document.entities if each.label == OUTSIDE}
        result += _find_wrong_entities(position, gold_document, readings, outside_scores, forms)
        result += _find_missing_entities(position, gold_document, readings, forms)
    return sorted(result, key=lambda each: -each.score)


def findings_of(cases: Sequence[LocatedDocument], predicted: Sequence[Document]) -> Iterator[Finding]:
    """Yield the likely errors of cases as findings, by decreasing score."""
    for each in suspicions([case.document for case in cases], predicted):
        subject = each.gold or each.other
        assert subject is not None
        reading = f"{shown(each.other.text)} {each.other.label}" if each.other is not None else "nothing"
        yield Finding.at(
            cases[each.position],
            subject,
            check="model",
            severity="warning",
            what=f"{shown(each.gold.text)} {each.gold.label}" if each.gold is not None else f"no entity at {reading}",
            why=f"the model gives {reading} the probability {each.otherwise:.2f}, and the annotation {each.given:.2f}"
            + _describe_evidence(each),
            fix={
                "label": f"check the label: {reading}?",
                "word": f"look at the bounds: {reading}?",
                "bounds": f"look at the bounds: {reading}?",
                "spurious": "check whether it is an entity",
                "missing": f"check whether it is an entity: {reading}?",
            }[each.kind],
            score=each.score,
        )


def _describe_evidence(suspicion: Suspicion) -> str:
    if not suspicion.evidence:
        return ""
    return f"; how these words are annotated elsewhere speaks {'for' if suspicion.evidence > 0 else 'against'} that"


def _find_wrong_entities(
    position: int,
    gold: Document,
    readings: Sequence[Entity],
    outside_scores: Mapping[tuple[int, int], float],
    forms: Forms,
) -> Iterator[Suspicion]:
    gold_keys = {_key(entity) for entity in gold.entities}
    for entity in gold.entities:
        gold_score = _gold_probability(entity, readings)
        # Other gold entities that overlap this one are not alternative readings of it.
        alternatives = [each for each in readings if each.overlaps(entity) and _key(each) not in gold_keys]
        best = max(alternatives, key=_score, default=None)
        outside_score = outside_scores.get(_span(entity), max(0.0, 1 - gold_score - sum(map(_score, alternatives))))
        other = best if best is not None and _score(best) >= outside_score else None
        other_score = outside_score if other is None else _score(other)
        if other_score <= gold_score:
            continue
        other_count = forms.count(position, other or entity, NOTHING if other is None else other.label)
        yield Suspicion(
            position=position,
            kind="spurious" if other is None else _kind(position, entity, other, forms),
            gold=entity,
            other=other,
            given=gold_score,
            otherwise=other_score,
            evidence=_evidence(other_count, forms.count(position, entity, entity.label)),
        )


def _find_missing_entities(
    position: int, gold: Document, readings: Sequence[Entity], forms: Forms
) -> Iterator[Suspicion]:
    for entity in readings:
        score = _score(entity)
        if (
            score < _MIN_MISSING_PROBABILITY
            or entity.label in gold.unannotated
            or any(map(entity.overlaps, gold.entities))
        ):
            continue
        label_count, unannotated_count = (forms.count(position, entity, label) for label in (entity.label, NOTHING))
        yield Suspicion(
            position=position,
            kind="missing",
            gold=None,
            other=entity,
            given=1 - score,
            otherwise=score,
            evidence=_evidence(label_count, unannotated_count),
        )


def _kind(position: int, gold: Entity, other: Entity, forms: Forms) -> SuspicionKind:
    if _span(gold) == _span(other):
        return "label"
    (first, last), (start, end) = forms.words_at(position, gold), forms.words_at(position, other)
    one_word_apart = gold.label == other.label and abs(first - start) + abs(last - end) == 1
    return "word" if one_word_apart else "bounds"


def _evidence(count_for: int, count_against: int) -> float:
    """Return the log-odds of two counts; the annotation in question is subtracted from the second."""
    return math.log(odds(count_for, max(0, count_against - 1)))


def _gold_probability(entity: Entity, predicted: Sequence[Entity]) -> float:
    """Return an entity's predicted probability; if not predicted, half of what the best overlapping reading leaves."""
    overlapping = [each for each in predicted if each.overlaps(entity)]
    exact_scores = [_score(each) for each in overlapping if _key(each) == _key(entity)]
    return exact_scores[0] if exact_scores else (1 - max(map(_score, overlapping), default=0.0)) / 2


def _score(entity: Entity) -> float:
    return 1.0 if entity.score is None else entity.score


def _span(entity: Entity) -> tuple[int, int]:
    return entity.start, entity.end


def _key(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.label
