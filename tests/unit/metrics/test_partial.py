"""Partial credit against every pairing there is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.metrics import Mention, count_partial

Bounds = tuple[int, int]


def mentions(*bounds: Bounds, label: str = "X") -> list[Mention]:
    return [Mention(start, end, label, "") for start, end in bounds]


def best_credit(gold: Sequence[Bounds], predicted: Sequence[Bounds]) -> float:
    """The most that any one-to-one pairing earns, by trying them all."""

    @cache
    def best(index: int, used: frozenset[int]) -> float:
        if index == len(gold):
            return 0.0
        start, end = gold[index]
        credits = [best(index + 1, used)]
        for other, (left, right) in enumerate(predicted):
            if other not in used:
                credit = 1.0 if (start, end) == (left, right) else 0.5 * (max(start, left) < min(end, right))
                credits.append(credit + best(index + 1, used | {other}))
        return max(credits)

    return best(0, frozenset())


spans = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)).map(lambda pair: (pair[0], sum(pair))), max_size=5)


@given(gold=spans, predicted=spans)
def test_the_pairing_earns_the_maximum_credit(gold: list[Bounds], predicted: list[Bounds]) -> None:
    counts = count_partial(mentions(*gold), mentions(*predicted))
    assert counts.correct == best_credit(gold, predicted)
    assert (counts.gold, counts.predicted) == (len(gold), len(predicted))
    swapped = count_partial(mentions(*predicted), mentions(*gold))
    assert (swapped.precision, swapped.recall) == (counts.recall, counts.precision)


@pytest.mark.parametrize(
    ("gold", "predicted", "credit"),
    [
        ([(0, 5)], [(0, 5)], 1),
        ([(0, 5)], [(0, 4)], 0.5),
        ([(0, 5)], [(5, 9)], 0),
        ([(0, 9)], [(0, 2), (3, 5)], 0.5),
        ([(0, 5), (0, 5)], [(0, 5)], 1),
        ([(0, 5), (1, 2)], [(0, 5), (1, 3)], 1.5),
    ],
)
def test_partial_credit(gold: list[Bounds], predicted: list[Bounds], credit: float) -> None:
    assert count_partial(mentions(*gold), mentions(*predicted, label="Y")).correct == credit


def test_long_documents_are_counted_quickly() -> None:
    gold = mentions(*((index, index + 3) for index in range(0, 200_000, 4)))
    predicted = mentions(*((index + 1, index + 4) for index in range(0, 200_000, 4)))
    assert count_partial(gold, predicted).f1 == 0.5
