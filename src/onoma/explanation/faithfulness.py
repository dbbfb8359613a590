"""Faithfulness of attributions: whether predictions depend on the words with the highest attributions.

Comprehensiveness is the decrease of the entity's probability when the words with the highest attributions are hidden;
sufficiency is the decrease when all other words are hidden. Both are means over several shares of the words, as in the
source. A faithful attribution has a high comprehensiveness and a low sufficiency. Words are replaced with the mask
token, whereas the source removes them, because the words must keep their positions for a tagger.

Both metrics are computed twice: over all words, and over the words outside the entity only. The words of the entity
usually matter most, so the second is the harder test.

Source: DeYoung et al. 2020, "ERASER", section 4.2, https://aclanthology.org/2020.acl-main.408.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.errors import InputError
from onoma.explanation.explainer import Explainer, Question
from onoma.explanation.target import masked_logits
from onoma.metrics.intervals import LEVEL, RESAMPLES, Interval, percentile_bounds
from onoma.text import Document

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the words with the highest attributions; the number of words is rounded up."""

RANDOM = "random"
"""Name of the random baseline: the mean over ``ORDERS`` random orders of the words."""

ORDERS = 5

Scope = Literal["words", "context"]
SCOPES: tuple[Scope, ...] = ("words", "context")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over entities and its bootstrap interval over samples of entities."""

    mean: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class FaithfulnessMetrics:
    """Metrics of one method over one scope, as differences of probabilities.

    Attributes:
        comprehensiveness, sufficiency: metrics of the method.
        more: paired difference of the method's comprehensiveness minus that of random orders; above 0 is better. None
            for random orders.
        less: paired difference of the sufficiency of random orders minus that of the method; above 0 is better. None
            for random orders.
    """

    comprehensiveness: Estimate
    sufficiency: Estimate
    more: Estimate | None = None
    less: Estimate | None = None

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        estimates = {
            "comprehensiveness": self.comprehensiveness,
            "sufficiency": self.sufficiency,
            "comprehensiveness_above_random": self.more,
            "sufficiency_below_random": self.less,
        }
        return {name: asdict(estimate) for name, estimate in estimates.items() if estimate is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Faithfulness:
    """Faithfulness of the attributions of a model.

    Attributes:
        entities: number of predicted entities that were explained.
        scopes: metrics by scope (`words`, `context`) and method.
        counted: number of entities by scope; entities without words around them are not counted for `context`.
        level: share of the resamples that an interval contains.
        gap: mean relative completeness gap of integrated gradients; None without gradients.
    """

    entities: int
    scopes: Mapping[Scope, Mapping[str, FaithfulnessMetrics]]
    counted: Mapping[Scope, int]
    level: float
    gap: float | None

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return {
            "entities": self.entities,
            "level": self.level,
            "gap": self.gap,
            **{
                scope: {
                    "entities": self.counted[scope],
                    **{method: metrics.to_json() for method, metrics in methods.items()},
                }
                for scope, methods in self.scopes.items()
            },
        }


def measure_faithfulness(
    explainer: Explainer, documents: Iterable[Document], *, entities: int | None = None, seed: int = 0
) -> Faithfulness:
    """Measure the faithfulness of attributions by hiding words in the order of attributions and in random orders.

    Args:
        explainer: explainer to evaluate, with all its attribution methods.
        documents: documents to tag; their own entities are ignored.
        entities: maximum number of entities to explain, in the order of the documents; None for all.
        seed: seed of the random orders and of the bootstrap.

    Raises:
        InputError: the model predicts no entities.
    """
    rng = np.random.default_rng(seed)
    methods = (*explainer.methods, RANDOM)
    drops: dict[Scope, list[NDArray[np.float64]]] = {scope: [] for scope in SCOPES}
    gaps: list[float] = []
    explained_count = 0
    for question in islice(_questions(explainer, documents), entities):
        explained_count += 1
        attributions = {method: explainer.weigh(question, method) for method in explainer.methods}
        if "gradients" in attributions:
            gaps.append(explainer.relative_gap(question, attributions["gradients"]))
        for scope in SCOPES:
            erasable = _erasable_words(question, scope)
            if len(erasable):
                orders = [
                    [erasable[np.argsort(-attributions[method][erasable], kind="stable")]] for method in attributions
                ]
                orders.append([rng.permutation(erasable) for _ in range(ORDERS)])
                drops[scope].append(_probability_drops(explainer, question, orders))
    if not explained_count:
        raise InputError("the model finds no entities in these texts, so there is nothing to explain; use other texts")
    return Faithfulness(
        entities=explained_count,
        scopes={scope: _estimate_metrics(np.stack(rows), methods, rng=rng) for scope, rows in drops.items() if rows},
        counted={scope: len(rows) for scope, rows in drops.items() if rows},
        level=LEVEL,
        gap=float(np.mean(gaps)) if gaps else None,
    )


def _questions(explainer: Explainer, documents: Iterable[Document]) -> Iterator[Question]:
    for document in documents:
        _, questions = explainer.questions(replace(document, entities=()))
        yield from questions


def _erasable_words(question: Question, scope: Scope) -> NDArray[np.int64]:
    """Return the indices of the words of a scope, which may be hidden."""
    passage = question.target.passage
    words = np.arange(len(passage.words), dtype=np.int64)
    start, end = passage.span
    return words if scope == "words" else words[(words < start) | (words >= end)]


def _probability_drops(
    explainer: Explainer, question: Question, orders: list[list[NDArray[np.int64]]]
) -> NDArray[np.float64]:
    """Return comprehensiveness and sufficiency of each method for one entity, ``[methods, 2]``.

    Args:
        explainer: explainer whose backend runs the model.
        question: entity that is explained.
        orders: for each method, one or more orders of the word indices, over which the mean is taken.
    """
    flat = [order for method_orders in orders for order in method_orders]
    words = len(question.target.passage.words)
    hidden = np.zeros((len(flat), 2, len(SHARES), words), dtype=bool)
    for row, order in zip(hidden, flat, strict=True):
        for column, share in enumerate(SHARES):
            first = int(np.ceil(share * len(order)))
            row[0, column, order[:first]] = True
            row[1, column, order[first:]] = True
    masks = np.concatenate([np.zeros((1, words), dtype=bool), hidden.reshape(-1, words)])
    distinct_masks, inverse = np.unique(masks, axis=0, return_inverse=True)
    logits = masked_logits(explainer.backend, question.target.passage, distinct_masks)
    scores = question.target.probabilities(logits)[inverse.ravel()]
    drops = (scores[0] - scores[1:]).reshape(len(flat), 2, len(SHARES)).mean(axis=2)
    bounds = np.cumsum([0, *(len(method_orders) for method_orders in orders)])
    return np.stack([drops[start:end].mean(axis=0) for start, end in pairwise(bounds.tolist())])


def _estimate_metrics(
    drops: NDArray[np.float64], methods: tuple[str, ...], *, rng: np.random.Generator
) -> dict[str, FaithfulnessMetrics]:
    """Return the metrics by method from ``[entities, methods, 2]``; the last method is the random baseline."""
    units = len(drops)
    weights = rng.multinomial(units, np.full(units, 1 / units), size=RESAMPLES) / units

    def estimate(values: NDArray[np.float64]) -> Estimate:
        low, high = percentile_bounds(weights @ values, level=LEVEL)
        return Estimate(mean=float(values.mean()), interval=Interval(float(low), float(high)))

    differences = drops - drops[:, -1:]
    return {
        method: FaithfulnessMetrics(
            comprehensiveness=estimate(drops[:, number, 0]),
            sufficiency=estimate(drops[:, number, 1]),
            more=None if method == RANDOM else estimate(differences[:, number, 0]),
            less=None if method == RANDOM else estimate(-differences[:, number, 1]),
        )
        for number, method in enumerate(methods)
    }
