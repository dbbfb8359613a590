"""Whether the words that an attribution names are those that its predictions depend on.

The first words in the attribution's order are hidden, and comprehensiveness is how far the probability of the entity
falls; all but these are hidden, and sufficiency is how far it falls then. Both are means over several shares of the
words, as the source has it. A good attribution has much of the first and little of the second. Words are hidden by
the mask token, where the source removes them: a tagger's words have to keep their places.

It is measured twice: over all words, and over those outside of the entity alone. The entity's own words matter most,
as anybody would guess, so that the second is the harder question.

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
from onoma.explanation.target import logits_hiding
from onoma.metrics.intervals import LEVEL, RESAMPLES, Interval, middle
from onoma.text import Document

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Of the words, each rounded up."""

RANDOM = "random"
"""The method that knows nothing; the mean of ``ORDERS`` orders."""

ORDERS = 5

Scope = Literal["words", "context"]
SCOPES: tuple[Scope, ...] = ("words", "context")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over entities and the interval it has over other samples of entities."""

    mean: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Faith:
    """The figures of one method over one scope, in probability.

    Attributes:
        comprehensiveness, sufficiency: the method's own.
        more: its comprehensiveness less that of random orders, entity by entity; above 0 is better.
        less: the sufficiency of random orders less its own, likewise. Both are None of random orders themselves.
    """

    comprehensiveness: Estimate
    sufficiency: Estimate
    more: Estimate | None = None
    less: Estimate | None = None

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`."""
        estimates = {
            "comprehensiveness": self.comprehensiveness,
            "sufficiency": self.sufficiency,
            "comprehensiveness_above_random": self.more,
            "sufficiency_below_random": self.less,
        }
        return {name: asdict(estimate) for name, estimate in estimates.items() if estimate is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Faithfulness:
    """How faithful the attributions of a model are.

    Attributes:
        entities: predicted entities that were explained.
        scopes: by scope (`words`, `context`) and method.
        counted: the number of entities of each scope; one without context does not count for `context`.
        level: the share of resamples that an interval holds.
        gap: the mean size of the completeness gap over that of what is explained; None without gradients.
    """

    entities: int
    scopes: Mapping[Scope, Mapping[str, Faith]]
    counted: Mapping[Scope, int]
    level: float
    gap: float | None

    def to_json(self) -> dict[str, object]:
        """Plain values for :func:`json.dumps`."""
        return {
            "entities": self.entities,
            "level": self.level,
            "gap": self.gap,
            **{
                scope: {"entities": self.counted[scope], **{method: of.to_json() for method, of in methods.items()}}
                for scope, methods in self.scopes.items()
            },
        }


def measure_faithfulness(
    explainer: Explainer, documents: Iterable[Document], *, entities: int | None = None, seed: int = 0
) -> Faithfulness:
    """Explain predicted entities and hide words in the order of the attributions, and in random orders.

    Args:
        explainer: what is judged, by all its methods.
        documents: texts; their own entities are ignored.
        entities: how many are explained at most, the first ones; None for all.
        seed: of random orders and of resampling.

    Raises:
        InputError: the model finds no entities.
    """
    rng = np.random.default_rng(seed)
    methods = (*explainer.methods, RANDOM)
    found: dict[Scope, list[NDArray[np.float64]]] = {scope: [] for scope in SCOPES}
    gaps: list[float] = []
    explained = 0
    for question in islice(_questions(explainer, documents), entities):
        explained += 1
        pushes = {method: explainer.weigh(question, method) for method in explainer.methods}
        if "gradients" in pushes:
            gaps.append(explainer.relative_gap(question, pushes["gradients"]))
        for scope in SCOPES:
            erasable = _erasable(question, scope)
            if len(erasable):
                orders = [[erasable[np.argsort(-pushes[method][erasable], kind="stable")]] for method in pushes]
                orders.append([rng.permutation(erasable) for _ in range(ORDERS)])
                found[scope].append(_falls(explainer, question, orders))
    if not explained:
        raise InputError("the model finds no entities in these texts, so there is nothing to explain; use other texts")
    return Faithfulness(
        entities=explained,
        scopes={scope: _estimates(np.stack(rows), methods, rng=rng) for scope, rows in found.items() if rows},
        counted={scope: len(rows) for scope, rows in found.items() if rows},
        level=LEVEL,
        gap=float(np.mean(gaps)) if gaps else None,
    )


def _questions(explainer: Explainer, documents: Iterable[Document]) -> Iterator[Question]:
    for document in documents:
        _, questions = explainer.questions(replace(document, entities=()))
        yield from questions


def _erasable(question: Question, scope: Scope) -> NDArray[np.int64]:
    """The words of a scope."""
    passage = question.target.passage
    words = np.arange(len(passage.words), dtype=np.int64)
    start, end = passage.span
    return words if scope == "words" else words[(words < start) | (words >= end)]


def _falls(explainer: Explainer, question: Question, orders: list[list[NDArray[np.int64]]]) -> NDArray[np.float64]:
    """Comprehensiveness and sufficiency of each method, whose orders of words these are: ``[methods, 2]``."""
    flat = [order for of_method in orders for order in of_method]
    words = len(question.target.passage.words)
    hidden = np.zeros((len(flat), 2, len(SHARES), words), dtype=bool)
    for row, order in zip(hidden, flat, strict=True):
        for place, share in enumerate(SHARES):
            first = int(np.ceil(share * len(order)))
            row[0, place, order[:first]] = True
            row[1, place, order[first:]] = True
    asked = np.concatenate([np.zeros((1, words), dtype=bool), hidden.reshape(-1, words)])
    distinct, back = np.unique(asked, axis=0, return_inverse=True)
    logits = logits_hiding(explainer.backend, question.target.passage, distinct)
    scores = question.target.probabilities(logits)[back.ravel()]
    falls = (scores[0] - scores[1:]).reshape(len(flat), 2, len(SHARES)).mean(axis=2)
    bounds = np.cumsum([0, *(len(of_method) for of_method in orders)])
    return np.stack([falls[start:end].mean(axis=0) for start, end in pairwise(bounds.tolist())])


def _estimates(falls: NDArray[np.float64], methods: tuple[str, ...], *, rng: np.random.Generator) -> dict[str, Faith]:
    """From ``[entities, methods, 2]``; the last method is the random one."""
    units = len(falls)
    weights = rng.multinomial(units, np.full(units, 1 / units), size=RESAMPLES) / units

    def estimate(values: NDArray[np.float64]) -> Estimate:
        low, high = middle(weights @ values, level=LEVEL)
        return Estimate(mean=float(values.mean()), interval=Interval(float(low), float(high)))

    above = falls - falls[:, -1:]
    return {
        method: Faith(
            comprehensiveness=estimate(falls[:, number, 0]),
            sufficiency=estimate(falls[:, number, 1]),
            more=None if method == RANDOM else estimate(above[:, number, 0]),
            less=None if method == RANDOM else estimate(-above[:, number, 1]),
        )
        for number, method in enumerate(methods)
    }
