"""Precision and recall of the data doctor on corpora with artificial annotation errors.

    python benchmarks/label_noise.py [--corpora wikigold bc5cdr btc] [--kinds swap shift deletion]
        [--rate 0.05] [--folds 3] [--encoder small] [--set KEY=VALUE] [--documents N] [--seed 1] [--keep FOLDER]

For each corpus and each kind of error, errors are introduced at 5 % of the entities: another label (`swap`), a bound
moved by one word (`shift`), or a removed entity (`deletion`). In a cross-validation, models are trained on the corpus
with errors and tag the documents that were held out. Possible errors are ranked in three ways: by the doctor; by
disagreement (gold and predicted entities that do not match, by the model's score); and in random order, among all gold
spans and all predicted spans that overlap none of them (mean of 20 orders). Reported are precision at 100 and recall at
2 N, where N is the number of introduced errors. Errors that the corpus already had do not count as errors, so that
precision is underestimated.

With --keep, predictions are saved in a folder and reused if they exist. With --fit, the weights of the doctor's ranking
are fitted to the errors of all given corpora and kinds and printed instead: a logistic regression of whether a finding
overlaps an error. The weights in `onoma.doctor.suspicion` were fitted on wikigold and rounded.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
from results import DATA, write_result

from onoma.api.checking import predict_folds
from onoma.corpora import read, write
from onoma.doctor import Suspicion, suspicions
from onoma.doctor.suspicion import WEIGHTS, SuspicionWeights
from onoma.text import Document, Entity

CORPORA: dict[str, list[str]] = {
    "wikigold": ["wikigold/wikigold.conll.txt"],
    "bc5cdr": ["bc5cdr/train.tsv"],
    "btc": ["btc/a.conll", "btc/b.conll", "btc/e.conll", "btc/g.conll"],
}
ONCE: dict[str, object] = {
    "training.epochs": 1,
    "training.learning_rate": 3e-4,
    "training.head_learning_rate": 1e-3,
    "training.batch_subwords": 512,
    "model.encoder_dropout": 0,
}
SETTINGS: dict[str, dict[str, object]] = {"wikigold": {"training.epochs": 3}, "bc5cdr": ONCE, "btc": ONCE}
"""Training settings, chosen to take an hour on one processor instead of a day; `--set` overrides them."""
Place = tuple[int, int, int]
"""Index of a document, and start and end offset of the characters in it."""


@dataclass(frozen=True)
class Noisy:
    """A corpus with errors, and for each error the place that a finding has to overlap."""

    documents: list[Document]
    errors: list[Place]


def delete(document: Document, entity: Entity, labels: Sequence[str], draw: random.Random) -> None:
    """Remove the entity."""
    del document, entity, labels, draw


def swap(document: Document, entity: Entity, labels: Sequence[str], draw: random.Random) -> Entity | None:
    """Return the entity with another label, or None if there is no other label."""
    others = [label for label in labels if label != entity.label]
    return document.entity(entity.start, entity.end, draw.choice(others)) if others else None


def shift(document: Document, entity: Entity, labels: Sequence[str], draw: random.Random) -> Entity | None:
    """Move one bound by one word so that the entity stays in its sentence and overlaps no other; None if impossible."""
    del labels
    words = document.words or ()
    inside = [position for position, word in enumerate(words) if entity.start <= word.start < entity.end]
    first, last = inside[0], inside[-1]
    sentence = next((each for each in document.sentences or () if each.start <= entity.start < each.end), None)
    found = []
    for start, end in ((first - 1, last), (first + 1, last), (first, last - 1), (first, last + 1)):
        if not 0 <= start <= end < len(words):
            continue
        moved = document.entity(words[start].start, words[end].end, entity.label)
        free = all(other is entity or not touches(moved, other) for other in document.entities)
        if free and (sentence is None or (sentence.start <= moved.start and moved.end <= sentence.end)):
            found.append(moved)
    return draw.choice(found) if found else None


KINDS: dict[str, Callable[[Document, Entity, Sequence[str], random.Random], Entity | None]] = {
    "swap": swap,
    "shift": shift,
    "deletion": delete,
}


def add_noise(documents: Sequence[Document], *, kind: str, rate: float, draw: random.Random) -> Noisy:
    """Introduce errors at a share of the entities; skip entities for which the error is not possible."""
    everywhere = [(position, entity) for position, document in enumerate(documents) for entity in document.entities]
    labels = sorted({entity.label for _, entity in everywhere})
    draw.shuffle(everywhere)
    wanted, noisy, errors = round(rate * len(everywhere)), list(documents), list[Place]()
    for position, entity in everywhere:
        if len(errors) == wanted:
            break
        document = noisy[position]
        wrong = KINDS[kind](document, entity, labels, draw)
        if wrong is None and kind != "deletion":
            continue
        rest = [other for other in document.entities if other is not entity]
        noisy[position] = document.with_entities(rest if wrong is None else [*rest, wrong])
        errors.append((position, (wrong or entity).start, (wrong or entity).end))
    return Noisy(noisy, errors)


def by_doctor(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Place]:
    """Return the places of the doctor's findings, in the doctor's order."""
    return [place_of(each) for each in suspicions(gold, predicted)]


def place_of(suspicion: Suspicion) -> Place:
    """Return the place of a finding of the doctor."""
    entity = suspicion.gold or suspicion.other
    assert entity is not None
    return suspicion.position, entity.start, entity.end


def by_disagreement(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Place]:
    """Return the spans on which gold and model differ, by the model's score (0.5 if it predicts nothing there)."""
    scored: dict[Place, float] = {}
    for position, (own, other) in enumerate(zip(gold, predicted, strict=True)):
        likely = [entity for entity in other.entities if entity.label != "O" and (entity.score or 0) >= 0.5]
        agreed = {key(entity) for entity in own.entities} & {key(entity) for entity in likely}
        for entity in own.entities:
            if key(entity) not in agreed:
                around = [each.score or 0.0 for each in likely if touches(each, entity)]
                scored[position, entity.start, entity.end] = max(around, default=0.5)
        for entity in likely:
            if key(entity) not in agreed and not any(touches(entity, known) for known in own.entities):
                scored[position, entity.start, entity.end] = entity.score or 0.0
    return sorted(scored, key=lambda place: -scored[place])


def figures(ranking: Sequence[Place], errors: Sequence[Place]) -> dict[str, float]:
    """Return precision at 100 places, recall at 2 N places, and the number of places."""

    def hit(places: Sequence[Place]) -> set[Place]:
        return {error for error in errors for place in places if meets(place, error)}

    first = ranking[:100]
    right = sum(any(meets(place, error) for error in errors) for place in first)
    return {
        "precision_at_100": right / max(1, len(first)),
        "recall_at_2n": len(hit(ranking[: 2 * len(errors)])) / max(1, len(errors)),
        "found": len(ranking),
    }


def at_random(noisy: Noisy, predicted: Sequence[Document], draw: random.Random) -> dict[str, float]:
    """Return mean scores over 20 random orders of gold spans and of predicted spans that overlap no gold span."""
    places = [
        (position, entity.start, entity.end)
        for position, (own, other) in enumerate(zip(noisy.documents, predicted, strict=True))
        for entity in chain(
            own.entities,
            (each for each in other.entities if not any(touches(each, known) for known in own.entities)),
        )
    ]
    runs = [figures(draw.sample(places, len(places)), noisy.errors) for _ in range(20)]
    return {name: statistics.mean(run[name] for run in runs) for name in runs[0]}


def key(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.label


def touches(one: Entity, other: Entity) -> bool:
    return one.start < other.end and other.start < one.end


def meets(place: Place, error: Place) -> bool:
    return place[0] == error[0] and place[1] < error[2] and error[1] < place[2]


def documents_of(corpus: str, arguments: argparse.Namespace) -> list[Document]:
    """Return the documents of a corpus, up to `--documents`."""
    documents = chain.from_iterable(read(arguments.data / name) for name in CORPORA[corpus])
    return list(islice(documents, arguments.documents))


def predictions(documents: list[Document], corpus: str, kind: str, arguments: argparse.Namespace) -> list[Document]:
    """Return predictions of models that were not trained on the respective document."""
    kept = arguments.keep / f"{corpus}-{kind}.jsonl" if arguments.keep else None
    if kept is not None and kept.exists():
        return list(read(kept))
    settings = {"model.encoder": arguments.encoder, **SETTINGS[corpus]}
    settings |= dict(setting.split("=", 1) for setting in arguments.sets)
    predicted = predict_folds(documents, folds=arguments.folds, settings=settings)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write(predicted, kept)
    return predicted


def fitted(arguments: argparse.Namespace) -> dict[str, SuspicionWeights]:
    """Fit the weights to the errors of all given corpora and kinds."""
    found: list[Suspicion] = []
    right: list[bool] = []
    for corpus in arguments.corpora:
        for kind in arguments.kinds:
            noisy = add_noise(
                documents_of(corpus, arguments), kind=kind, rate=arguments.rate, draw=random.Random(arguments.seed)
            )
            own = suspicions(noisy.documents, predictions(noisy.documents, corpus, kind, arguments))
            found += own
            right += [any(meets(place_of(each), error) for error in noisy.errors) for each in own]
    return fit(found, right)


def fit(found: Sequence[Suspicion], right: Sequence[bool]) -> dict[str, SuspicionWeights]:
    """Fit the weights of each kind by Newton's method, with half the sum of squared weights as a penalty."""
    kinds = list(WEIGHTS)
    features = np.zeros((len(found), len(kinds), 3))
    for row, each in zip(features, found, strict=True):
        row[kinds.index(each.kind)] = 1, each.log_odds, each.evidence
    inputs, weights = features.reshape(len(found), -1), np.zeros(3 * len(kinds))
    for _ in range(30):
        likely = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (likely - np.asarray(right)) + weights
        curve = (inputs * (likely * (1 - likely))[:, None]).T @ inputs + np.eye(len(weights))
        weights -= np.linalg.solve(curve, slope)
    return {kind: SuspicionWeights(*of.tolist()) for kind, of in zip(kinds, weights.reshape(-1, 3), strict=True)}


def measure(documents: list[Document], corpus: str, kind: str, arguments: argparse.Namespace) -> dict[str, object]:
    draw = random.Random(arguments.seed)
    noisy = add_noise(documents, kind=kind, rate=arguments.rate, draw=draw)
    predicted = predictions(noisy.documents, corpus, kind, arguments)
    return {
        "errors": len(noisy.errors),
        "doctor": figures(by_doctor(noisy.documents, predicted), noisy.errors),
        "disagreement": figures(by_disagreement(noisy.documents, predicted), noisy.errors),
        "random": at_random(noisy, predicted, draw),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=list(CORPORA))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--encoder", default="small")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--documents", type=int, help="take only so many documents of each corpus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--fit", action="store_true", help="fit weights instead")
    parser.add_argument("--name", default="label_noise", help="name of the file of results")
    arguments = parser.parse_args()
    if arguments.fit:
        for kind, of in fitted(arguments).items():
            print(f"{kind:10s} {of.bias:6.2f} {of.model:6.2f} {of.forms:6.2f}")
        return
    found: dict[str, dict[str, object]] = {}
    for corpus in arguments.corpora:
        documents = documents_of(corpus, arguments)
        found[corpus] = {kind: measure(documents, corpus, kind, arguments) for kind in arguments.kinds}
    write_result(arguments.name, found)


if __name__ == "__main__":
    main()
