"""Documents to figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.metrics import Against, Counts, Report, Sample, SemEval, align, compare, score
from onoma.text import Document
from support.annotated import annotated

TEXT = "Ada met Babbage in London ."


def test_figures_equal_those_computed_by_hand() -> None:
    gold = annotated(TEXT, (0, 3, "PER"), (8, 15, "PER"), (19, 25, "LOC"))
    predicted = annotated(TEXT, (0, 3, "PER"), (8, 15, "LOC"), (16, 25, "LOC"), (4, 7, "ORG"))
    report = score([gold], [predicted])
    assert report.exact == Counts(correct=1, predicted=4, gold=3)
    assert report.partial == Counts(correct=2.5, predicted=4, gold=3)
    assert report.labels == {
        "LOC": Counts(correct=0, predicted=2, gold=1),
        "ORG": Counts(correct=0, predicted=1, gold=0),
        "PER": Counts(correct=1, predicted=1, gold=2),
    }
    assert report.macro.precision == pytest.approx(1 / 3)
    assert report.macro.recall == pytest.approx(0.5 / 3)
    assert report.macro.f1 == pytest.approx(2 / 3 / 3)
    assert report.notes == ("predicted has labels that gold never has: ORG; gold has LOC, PER",)


def test_labels_of_which_none_is_in_both_are_named() -> None:
    gold, predicted = annotated(TEXT, (0, 3, "person")), annotated(TEXT, (0, 3, "PER"))
    [note] = score([gold], [predicted]).notes
    assert note.startswith("predicted has labels that gold never has: PER; gold has person; none is in both")


def test_a_surface_form_counts_once_and_only_where_it_was_found() -> None:
    gold = [annotated("Ada and Ada", (0, 3, "PER"), (8, 11, "PER")), annotated("Bob", (0, 3, "PER"))]
    predicted = [annotated("Ada and Ada", (8, 11, "PER")), annotated("Bob", (0, 3, "LOC"))]
    assert score(gold, predicted).surface == Counts(correct=1, predicted=2, gold=2)
    elsewhere = [annotated("Ada or Ada", (0, 3, "PER"))], [annotated("Ada or Ada", (7, 10, "PER"))]
    assert score(*elsewhere).surface == Counts(correct=0, predicted=1, gold=1)


def test_a_surface_form_keeps_case_and_has_one_blank_between_words() -> None:
    gold = annotated("New York, New\n York, NEW YORK", (0, 8, "LOC"), (10, 19, "LOC"), (21, 29, "LOC"))
    assert score([gold], [gold]).surface == Counts(correct=2, predicted=2, gold=2)


def test_a_gold_entity_matches_once() -> None:
    once, twice = annotated("Ada", (0, 3, "PER")), annotated("Ada", (0, 3, "PER"), (0, 3, "PER"))
    assert score([once], [twice]).exact == Counts(correct=1, predicted=2, gold=1)
    assert score([twice], [once]).exact == Counts(correct=1, predicted=1, gold=2)
    assert score([twice], [twice]).exact.f1 == 1


def test_nested_entities_count_each() -> None:
    gold = annotated("Bank of China", (0, 13, "ORG"), (8, 13, "LOC"))
    assert score([gold], [gold]).exact == Counts(correct=2, predicted=2, gold=2)
    outer, inner = annotated("Bank of China", (0, 13, "ORG")), annotated("Bank of China", (8, 13, "ORG"))
    assert score([gold], [outer]).exact == Counts(correct=1, predicted=1, gold=2)
    report = score([gold], [inner])
    assert report.exact == Counts(correct=0, predicted=1, gold=2)
    assert report.semeval.type.correct == report.semeval.exact.correct == 1


def test_words_count_one_by_one_where_gold_gives_them() -> None:
    text = Document.from_words([["Bank", "of", "China", "opened"], ["in", "Lyon"]])
    gold = text.with_entities([text.entity(0, 13, "ORG"), text.entity(8, 13, "LOC"), text.entity(24, 28, "LOC")])
    predicted = text.with_entities([text.entity(8, 20, "ORG"), text.entity(25, 27, "LOC")])
    assert score([gold], [predicted]).words == Counts(correct=2, predicted=3, gold=5)
    halves = [Document.from_words([["Bank", "of", "China", "opened"]]), Document.from_words([["in", "Lyon"]])]
    assert score([gold], halves).words == Counts(gold=5)
    assert score(halves, [gold]).words == Counts(predicted=5)
    assert score([annotated(TEXT)], [annotated(TEXT, (0, 3, "PER"))]).words is None


def test_nothing_by_nothing_is_nothing() -> None:
    report = score([Document(TEXT)], [Document(TEXT)])
    assert (report.exact.precision, report.exact.recall, report.exact.f1, report.macro.f1) == (0, 0, 0, 0)
    assert report.documents == 1
    assert report.notes == ("gold has no entities; recall is 0 by definition",)
    assert score([], []).documents == 0


def test_json_has_the_agreed_shape() -> None:
    gold = annotated(TEXT, (0, 3, "PER"))
    plain = json.loads(json.dumps(score([gold], [gold]).to_json()))
    one = {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    found = {**one, "correct": 1, "incorrect": 0, "partial": 0, "missed": 0, "spurious": 0}
    assert plain == {
        "exact": one,
        "surface": one,
        "partial": one,
        "macro": one,
        "weighted": one,
        "semeval": dict.fromkeys(("strict", "exact", "partial", "type"), found),
        "words": None,
        "labels": {"PER": {**one, "support": 1}},
        "support": 1,
        "predicted": 1,
        "documents": 1,
        "notes": [],
    }


def test_json_has_what_stands_beside_a_report() -> None:
    gold = annotated(TEXT, (0, 3, "PER"))
    ours, theirs = (list(align([gold], [predicted])) for predicted in (gold, Document(TEXT)))
    report, other = score([gold], [gold]), score([gold], [Document(TEXT)])
    comparison = compare(Sample.of(ours), Sample.of(theirs))
    whole = replace(report, against=Against(name="other", report=other, comparison=comparison), runs=(other,))
    plain = json.loads(json.dumps(whole.to_json()))
    assert plain["against"] == {**other.to_json(), "difference": comparison.to_json()}
    assert plain["runs"]["count"] == 2
    assert plain["runs"]["exact"]["f1"] == {"mean": 0.5, "deviation": pytest.approx(0.5**0.5)}
    assert {name: part for name, part in plain.items() if name not in {"against", "runs"}} == report.to_json()


def test_streams_are_read_in_step() -> None:
    taken = {"gold": 0, "predicted": 0}

    def stream(name: str) -> Iterator[Document]:
        for _ in range(50):
            taken[name] += 1
            assert abs(taken["gold"] - taken["predicted"]) <= 1
            yield annotated(TEXT, (0, 3, "PER"))

    assert score(stream("gold"), stream("predicted")).documents == 50


entities = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 5), st.sampled_from("AB")).map(lambda e: (e[0], e[0] + e[1], e[2])),
    max_size=5,
)
corpora = st.lists(st.tuples(entities, entities), max_size=5)


def both(rows: list[tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]]) -> Report:
    text = "abcd" * 6
    return score([annotated(text, *gold) for gold, _ in rows], [annotated(text, *predicted) for _, predicted in rows])


@given(rows=corpora)
def test_swapping_the_sides_swaps_precision_and_recall(rows: list[tuple[list[tuple[int, int, str]], ...]]) -> None:
    pairs = [(gold, predicted) for gold, predicted in rows]
    report, swapped = both(pairs), both([(predicted, gold) for gold, predicted in pairs])
    for name in ("exact", "surface", "partial", "macro"):
        ours, theirs = getattr(report, name), getattr(swapped, name)
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx((theirs.recall, theirs.precision, theirs.f1))


@given(rows=corpora)
def test_counts_add_up(rows: list[tuple[list[tuple[int, int, str]], ...]]) -> None:
    pairs = [(gold, predicted) for gold, predicted in rows]
    report = both(pairs)
    assert report.exact == sum(report.labels.values(), Counts())
    assert report.exact == sum((both([pair]).exact for pair in pairs), Counts())
    assert report.partial == sum((both([pair]).partial for pair in pairs), Counts())
    assert report.semeval == sum((both([pair]).semeval for pair in pairs), SemEval())
    assert report.exact.correct <= report.partial.correct <= min(report.partial.gold, report.partial.predicted)


def test_labels_that_gold_does_not_annotate_are_not_judged():
    gold = replace(annotated(TEXT, (0, 3, "PER"), (19, 25, "LOC")), unannotated=frozenset(["LOC"]))
    assert score([gold], [gold]).labels == {"PER": Counts(correct=1, predicted=1, gold=1)}
    predicted = annotated(TEXT, (0, 3, "PER"), (8, 15, "PER"), (19, 25, "LOC"))
    assert score([gold], [predicted]).labels == {"PER": Counts(correct=1, predicted=2, gold=1)}
    words = [["Ada", "met", "Babbage"], ["in", "London"]]
    halves = [replace(Document.from_words([each]), unannotated=frozenset(["LOC"])) for each in words]
    whole = Document.from_words(words)
    assert score(halves, [whole.with_entities([whole.entity(19, 25, "LOC")])]).exact.predicted == 0
    half = halves[1].with_entities([halves[1].entity(3, 9, "LOC")])
    assert score([halves[0], half], [whole.with_entities([whole.entity(19, 25, "LOC")])]).exact == Counts()
