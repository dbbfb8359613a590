"""Gold annotation against a model's probabilities: what is likely an error, the surest first.

Confident learning of spans. A class's threshold is the mean probability that the model gives to the gold spans of that
class; for "no entity" it is the mean over all characters without a gold entity. A gold span is suspected where its own
probability is not above the threshold of its class and another reading is more probable: another label for the span,
other bounds, or no entity. A predicted span that gold has nothing at is suspected to be missing where its probability
reaches the threshold of its class. What is suspected is ranked by the margin: how far the other reading lies above its
threshold and the given one below its own. So a class that the model finds hard accuses less than one that it knows.

The predictions may come from anything, also with several readings of one place. They are worth most from models that
have not learnt from the document at hand (see ``folds``).

Source: Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", sections 3 and
4; the step from items to spans is ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from onoma.doctor.finding import Case, Finding, shown
from onoma.schemes import OUTSIDE
from onoma.text import Document, Entity

Kind = Literal["label", "bounds", "spurious", "missing"]

_UNSEEN = 0.5
"""Threshold of a class without any gold span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A likely error of the annotation.

    Attributes:
        position: of the document.
        kind: what seems wrong: the label, the bounds, that it is there, or that it is not.
        gold: the suspected span; None where one is missing.
        other: what the model reads there; None for nothing.
        given: probability of the annotation as it stands.
        otherwise: probability of the other reading.
        margin: how far the other reading lies above its class's threshold and the given one below its own, in
            ]-2, 2[; the higher, the surer.
    """

    position: int
    kind: Kind
    gold: Entity | None
    other: Entity | None
    given: float
    otherwise: float
    margin: float


def suspicions(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Suspicion]:
    """Rank the likely errors of gold documents, given the same documents with scored predictions.

    Args:
        gold: documents as they were annotated.
        predicted: for each its predictions; an entity without a score counts as sure. They may overlap, and improbable
            readings may stand among them. The label ``O`` says how probable it is that nothing stands at a span; where
            it does not stand there this is what the readings at hand leave over.

    Raises:
        ValueError: there are not as many predicted documents, or their texts differ.
    """
    pairs: list[tuple[Document, Document]] = []
    nothing: list[Mapping[tuple[int, int], float]] = []
    for position, (own, other) in enumerate(zip(gold, predicted, strict=True)):
        if own.text != other.text:
            raise ValueError(f"the predictions for document {position} are about another text")
        pairs.append((own, other.with_entities(each for each in other.entities if each.label != OUTSIDE)))
        nothing.append({_span(each): _score(each) for each in other.entities if each.label == OUTSIDE})
    thresholds = _thresholds(pairs)
    found = [
        suspicion
        for position, (own, other) in enumerate(pairs)
        for suspicion in (
            *_of_gold(position, own, other, thresholds, nothing[position]),
            *_missing(position, own, other, thresholds),
        )
    ]
    return sorted(found, key=lambda each: -each.margin)


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
            why=f"the model gives {read} the probability {each.otherwise:.2f}, and the annotation {each.given:.2f}",
            mend={
                "label": f"look at the label: {read}?",
                "bounds": f"look at the bounds: {read}?",
                "spurious": "look whether it is one",
                "missing": f"look whether it is one: {read}?",
            }[each.kind],
            score=(2 + each.margin) / 4,
        )


def _thresholds(pairs: Sequence[tuple[Document, Document]]) -> Mapping[str, float]:
    """The mean probability of each label's gold spans; under the label ``O`` that of no entity where there is none."""
    given: dict[str, list[float]] = defaultdict(list)
    outside = doubted = 0.0
    for own, other in pairs:
        for entity in own.entities:
            given[entity.label].append(_probability(entity, other.entities))
        outside += len(own.text) - sum(entity.end - entity.start for entity in own.entities)
        doubted += sum(_score(each) * (each.end - each.start) for each in _apart(other.entities, own.entities))
    means = {label: sum(scores) / len(scores) for label, scores in given.items()}
    return means | {OUTSIDE: max(0.0, 1 - doubted / max(1.0, outside))}


def _of_gold(
    position: int,
    gold: Document,
    predicted: Document,
    thresholds: Mapping[str, float],
    nothing_at: Mapping[tuple[int, int], float],
) -> Iterator[Suspicion]:
    known = {_key(entity) for entity in gold.entities}
    for entity in gold.entities:
        given = _probability(entity, predicted.entities)
        if given > thresholds[entity.label]:
            continue
        # What gold has beside this one, nested or touching, is no other reading of it.
        others = [each for each in predicted.entities if _overlap(each, entity) and _key(each) not in known]
        best = max(others, key=_score, default=None)
        nothing = nothing_at.get(_span(entity), max(0.0, 1 - given - sum(map(_score, others))))
        other = best if best is not None and _score(best) >= nothing else None
        otherwise = nothing if other is None else _score(other)
        if otherwise > given:
            threshold = thresholds.get(OUTSIDE if other is None else other.label, _UNSEEN)
            yield Suspicion(
                position=position,
                kind="spurious" if other is None else "label" if _span(other) == _span(entity) else "bounds",
                gold=entity,
                other=other,
                given=given,
                otherwise=otherwise,
                margin=otherwise - threshold - (given - thresholds[entity.label]),
            )


def _missing(
    position: int, gold: Document, predicted: Document, thresholds: Mapping[str, float]
) -> Iterator[Suspicion]:
    for entity in _apart(predicted.entities, gold.entities):
        score, threshold = _score(entity), thresholds.get(entity.label, _UNSEEN)
        if score >= threshold and entity.label not in gold.lacks:
            yield Suspicion(
                position=position,
                kind="missing",
                gold=None,
                other=entity,
                given=1 - score,
                otherwise=score,
                margin=score - threshold - (1 - score - thresholds[OUTSIDE]),
            )


def _apart(entities: Sequence[Entity], others: Sequence[Entity]) -> list[Entity]:
    """The entities that touch none of the others."""
    return [entity for entity in entities if not any(_overlap(entity, other) for other in others)]


def _probability(entity: Entity, predicted: Sequence[Entity]) -> float:
    """The span's own, or where it was not predicted the middle of what the predictions leave for it."""
    around = [each for each in predicted if _overlap(each, entity)]
    own = [_score(each) for each in around if _key(each) == _key(entity)]
    return own[0] if own else (1 - max(map(_score, around), default=0.0)) / 2


def _score(entity: Entity) -> float:
    return 1.0 if entity.score is None else entity.score


def _span(entity: Entity) -> tuple[int, int]:
    return entity.start, entity.end


def _key(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.label


def _overlap(one: Entity, other: Entity) -> bool:
    return one.start < other.end and other.start < one.end
