"""The four schemes of SemEval-2013, by hand and against every pairing there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from onoma.metrics import Mention, Outcomes, SemEval, count_partial, count_semeval

Plain = tuple[int, int, str]


def mentions(spans: Sequence[Plain]) -> list[Mention]:
    return [Mention(start, end, label, "") for start, end, label in spans]


def count(gold: Sequence[Plain], predicted: Sequence[Plain]) -> SemEval:
    return count_semeval(mentions(gold), mentions(predicted))


def overlap(ours: Plain, theirs: Plain) -> bool:
    return max(ours[0], theirs[0]) < min(ours[1], theirs[1])


def most(gold: Sequence[Plain], predicted: Sequence[Plain], fits: Callable[[Plain, Plain], bool]) -> int:
    """The largest one-to-one pairing of mentions that fit, by trying them all."""

    @cache
    def best(index: int, used: frozenset[int]) -> int:
        if index == len(gold):
            return 0
        return max(
            best(index + 1, used),
            *(
                1 + best(index + 1, used | {other})
                for other, theirs in enumerate(predicted)
                if other not in used and fits(gold[index], theirs)
            ),
            0,
        )

    return best(0, frozenset())


def test_one_mention_of_each_outcome_is_counted() -> None:
    gold = [(0, 5, "PER"), (10, 15, "LOC"), (20, 29, "ORG"), (40, 45, "PER"), (50, 55, "LOC")]
    predicted = [(0, 5, "PER"), (10, 15, "ORG"), (20, 25, "ORG"), (38, 43, "LOC"), (60, 65, "LOC")]
    assert count(gold, predicted) == SemEval(
        strict=Outcomes(correct=1, incorrect=3, missed=1, spurious=1),
        exact=Outcomes(correct=2, incorrect=2, missed=1, spurious=1),
        partial=Outcomes(correct=2, partial=2, missed=1, spurious=1),
        type=Outcomes(correct=2, incorrect=2, missed=1, spurious=1),
    )
    assert count(gold, predicted).partial.f1 == 0.6


spans = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 5), st.sampled_from("AB")).map(lambda e: (e[0], e[0] + e[1], e[2])),
    max_size=5,
)


@given(gold=spans, predicted=spans)
def test_each_scheme_is_credited_by_its_best_pairing(gold: list[Plain], predicted: list[Plain]) -> None:
    found = count(gold, predicted)
    partial = count_partial(mentions(gold), mentions(predicted))
    assert found.strict.correct == most(gold, predicted, lambda a, b: a == b)
    assert found.exact.correct == most(gold, predicted, lambda a, b: a[:2] == b[:2])
    assert found.partial.correct + found.partial.partial / 2 == partial.correct
    left, right = list(gold), list(predicted)
    for mention in gold:
        if mention in right:
            left.remove(mention)
            right.remove(mention)
    by_label = most(left, right, lambda a, b: a[2] == b[2] and overlap(a, b))
    assert found.type.correct == found.strict.correct + by_label


@given(gold=spans, predicted=spans)
def test_every_mention_has_one_outcome(gold: list[Plain], predicted: list[Plain]) -> None:
    found, swapped = count(gold, predicted), count(predicted, gold)
    for name in ("strict", "exact", "partial", "type"):
        outcomes: Outcomes = getattr(found, name)
        other: Outcomes = getattr(swapped, name)
        assert (outcomes.gold, outcomes.predicted) == (len(gold), len(predicted))
        assert min(outcomes.correct, outcomes.incorrect, outcomes.partial, outcomes.missed, outcomes.spurious) >= 0
        assert (outcomes.correct, outcomes.missed) == (other.correct, other.spurious)
        assert (outcomes.precision, outcomes.recall) == (other.recall, other.precision)
