"""Gold annotation against a model's probabilities: what is likely an error, the surest first.

A gold span is suspected where another reading is more probable than it: another label for the span, other bounds, or no
entity. A predicted span that gold has nothing at is suspected to be missing. How surely that is an error depends on
three things, which a logistic score brings together:

- what kind of reading it is: a model that finds an entity just where the annotator did and calls it something else is
  right far more often than one that finds nothing there, which may only be weak;
- how probable the model finds its reading;
- how the same words are annotated elsewhere: as the model reads them, or as they are annotated here.

The weights were fitted on a corpus into which errors had been put, and judged on others: see
``benchmarks/label_noise.py`` and its ``--fit``. The score is the share of errors where one entity in twenty has one.

The predictions may come from anything, also with several readings of one place. They are worth most from models that
have not learnt from the document at hand (see ``folds``).

Sources: the ranking by held-out probability is that of Northcutt, Jiang and Chuang 2021, "Confident Learning", section
4; kinds of readings, the forms and the step from items to spans are ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from onoma.doctor.finding import Case, Finding, shown
from onoma.doctor.forms import NOTHING, Forms, odds
from onoma.schemes import OUTSIDE
from onoma.text import Document, Entity

SuspicionKind = Literal["label", "word", "bounds", "spurious", "missing"]

LIKELY = 0.5
"""The probability from which a predicted span without a gold entity is reported."""

_CLOSEST = 1e-3
"""Probabilities are held this far from 0 and 1 where log-odds are taken of them."""


@dataclass(frozen=True, slots=True)
class SuspicionWeights:
    """What makes a suspicion of a kind sure: log-odds, and how much of the model's and of the forms' is added."""

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
    """A likely error of the annotation.

    Attributes:
        position: of the document.
        kind: what seems wrong: the label; the bounds, by one ``word`` or otherwise; that it is there, or is not.
        gold: the suspected span; None where one is missing.
        other: what the model reads there; None for nothing.
        given: probability of the present annotation.
        otherwise: probability of the other reading.
        evidence: of the same words elsewhere: the log-odds of the other reading against the present annotation.
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
        """Those of the other reading's probability."""
        kept = min(max(self.otherwise, _CLOSEST), 1 - _CLOSEST)
        return math.log(kept / (1 - kept))

    @property
    def score(self) -> float:
        """How surely it is an error, in ]0, 1[."""
        weights = WEIGHTS[self.kind]
        return 1 / (1 + math.exp(-weights.bias - weights.model * self.log_odds - weights.forms * self.evidence))


def suspicions(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Suspicion]:
    """Rank the likely errors of gold documents, given the same documents with scored predictions.

    Args:
        gold: documents as they were annotated.
        predicted: for each its predictions; an entity without a score counts as sure. They may overlap, and improbable
            readings may be among them. The label ``O`` gives the probability that a span is no entity; without it,
            this is 1 minus the probabilities of the readings given.

    Raises:
        ValueError: there are not as many predicted documents, or their texts differ.
    """
    forms = Forms(gold)
    found: list[Suspicion] = []
    for position, (own, other) in enumerate(zip(gold, predicted, strict=True)):
        if own.text != other.text:
            raise ValueError(f"the predictions for document {position} are about another text")
        readings = [each for each in other.entities if each.label != OUTSIDE]
        nothing = {_span(each): _score(each) for each in other.entities if each.label == OUTSIDE}
        found += _of_gold(position, own, readings, nothing, forms)
        found += _missing(position, own, readings, forms)
    return sorted(found, key=lambda each: -each.score)


def findings_of(cases: Sequence[Case], predicted: Sequence[Document]) -> Iterator[Finding]:
    """The same as findings, one for each suspicion."""
    for each in suspicions([case.document for case in cases], predicted):
        subject = each.gold or each.other
        assert subject is not None
        read = f"{shown(each.other.text)} {each.other.label}" if each.other is not None else "nothing"
        yield Finding.at(
            cases[each.position],
            subject,
            check="model",
            severity="warning",
            what=f"{shown(each.gold.text)} {each.gold.label}" if each.gold is not None else f"no entity at {read}",
            why=f"the model gives {read} the probability {each.otherwise:.2f}, and the annotation {each.given:.2f}"
            + _elsewhere(each),
            fix={
                "label": f"check the label: {read}?",
                "word": f"look at the bounds: {read}?",
                "bounds": f"look at the bounds: {read}?",
                "spurious": "check whether it is an entity",
                "missing": f"check whether it is an entity: {read}?",
            }[each.kind],
            score=each.score,
        )


def _elsewhere(suspicion: Suspicion) -> str:
    if not suspicion.evidence:
        return ""
    return f"; how these words are annotated elsewhere speaks {'for' if suspicion.evidence > 0 else 'against'} that"


def _of_gold(
    position: int,
    gold: Document,
    readings: Sequence[Entity],
    nothing_at: Mapping[tuple[int, int], float],
    forms: Forms,
) -> Iterator[Suspicion]:
    known = {_key(entity) for entity in gold.entities}
    for entity in gold.entities:
        given = _probability(entity, readings)
        # What gold has beside this one, nested or touching, is no other reading of it.
        others = [each for each in readings if each.overlaps(entity) and _key(each) not in known]
        best = max(others, key=_score, default=None)
        nothing = nothing_at.get(_span(entity), max(0.0, 1 - given - sum(map(_score, others))))
        other = best if best is not None and _score(best) >= nothing else None
        otherwise = nothing if other is None else _score(other)
        if otherwise <= given:
            continue
        alike = forms.count(position, other or entity, NOTHING if other is None else other.label)
        yield Suspicion(
            position=position,
            kind="spurious" if other is None else _kind(position, entity, other, forms),
            gold=entity,
            other=other,
            given=given,
            otherwise=otherwise,
            evidence=_evidence(alike, forms.count(position, entity, entity.label)),
        )


def _missing(position: int, gold: Document, readings: Sequence[Entity], forms: Forms) -> Iterator[Suspicion]:
    for entity in readings:
        score = _score(entity)
        if score < LIKELY or entity.label in gold.unannotated or any(map(entity.overlaps, gold.entities)):
            continue
        alike, against = (forms.count(position, entity, label) for label in (entity.label, NOTHING))
        yield Suspicion(
            position=position,
            kind="missing",
            gold=None,
            other=entity,
            given=1 - score,
            otherwise=score,
            evidence=_evidence(alike, against),
        )


def _kind(position: int, gold: Entity, other: Entity, forms: Forms) -> SuspicionKind:
    if _span(gold) == _span(other):
        return "label"
    (first, last), (start, end) = forms.words_at(position, gold), forms.words_at(position, other)
    by_a_word = gold.label == other.label and abs(first - start) + abs(last - end) == 1
    return "word" if by_a_word else "bounds"


def _evidence(alike: int, against: int) -> float:
    """Log-odds of two counts, of the second without the annotation at hand."""
    return math.log(odds(alike, max(0, against - 1)))


def _probability(entity: Entity, predicted: Sequence[Entity]) -> float:
    """The span's own, or where it was not predicted the middle of what the predictions leave for it."""
    around = [each for each in predicted if each.overlaps(entity)]
    own = [_score(each) for each in around if _key(each) == _key(entity)]
    return own[0] if own else (1 - max(map(_score, around), default=0.0)) / 2


def _score(entity: Entity) -> float:
    return 1.0 if entity.score is None else entity.score


def _span(entity: Entity) -> tuple[int, int]:
    return entity.start, entity.end


def _key(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.label
