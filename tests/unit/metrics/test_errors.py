"""Where a recogniser errs."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from onoma.metrics import Counts, Errors, TrainingForms, align, analyse_errors
from onoma.text import Document
from support.annotated import Plain, annotated

TEXT = "Ada Lovelace met Charles Babbage of Cambridge in London last May"
PLACES = {"Ada Lovelace": (0, 12), "Ada": (0, 3), "Babbage": (25, 32), "Cambridge": (36, 45), "London": (49, 55)}

marked = partial(annotated, TEXT)


def errors(gold: Document, predicted: Document, *, training: TrainingForms | None = None) -> Errors:
    return analyse_errors(align([gold], [predicted]), training=training)


def named(name: str, label: str) -> Plain:
    return (*PLACES[name], label)


def test_one_error_of_each_kind_is_counted() -> None:
    gold = marked(named("Ada Lovelace", "PER"), (17, 32, "PER"), named("Cambridge", "ORG"), named("London", "LOC"))
    predicted = marked(named("Ada", "PER"), named("Babbage", "ORG"), named("Cambridge", "LOC"), (61, 64, "DATE"))
    found = errors(gold, predicted)
    assert found.kinds == {"boundary": 1, "label": 1, "both": 1, "missed": 1, "spurious": 1}
    assert found.confusion == {("PER", "PER"): 1, ("PER", "ORG"): 1, ("ORG", "LOC"): 1, ("LOC", ""): 1, ("", "DATE"): 1}
    assert [
        (each.kind, each.gold and each.gold.form, each.predicted and each.predicted.form) for each in found.examples
    ] == [
        ("boundary", "Ada Lovelace", "Ada"),
        ("label", "Cambridge", "Cambridge"),
        ("both", "Charles Babbage", "Babbage"),
        ("missed", "London", None),
        ("spurious", None, "May"),
    ]
    assert json.loads(json.dumps(found.to_json()))["confusion"][0] == {"gold": None, "predicted": "DATE", "count": 1}


def test_the_same_bounds_are_paired_before_an_overlap_and_the_same_label_before_another() -> None:
    gold = marked(named("Ada Lovelace", "PER"))
    assert errors(gold, marked(named("Ada", "PER"), named("Ada Lovelace", "ORG"))).kinds["label"] == 1
    found = errors(gold, marked(named("Ada", "PER"), (2, 16, "ORG")))
    assert (found.kinds["boundary"], found.kinds["spurious"]) == (1, 1)


def test_figures_by_property_of_the_entity() -> None:
    gold = marked(named("Ada Lovelace", "PER"), named("Babbage", "PER"), named("London", "LOC"))
    predicted = marked(named("Ada Lovelace", "PER"), named("London", "ORG"))
    training = [
        annotated("London, London", (0, 6, "LOC"), (8, 14, "LOC")),
        annotated("Ada Lovelace", (0, 12, "ORG")),
    ]
    groups = errors(gold, predicted, training=TrainingForms.of(training)).groups
    assert groups["length"] == {"1": Counts(predicted=1, gold=2), "2": Counts(correct=1, predicted=1, gold=1)}
    assert groups["position"]["first quarter"] == Counts(correct=1, predicted=1, gold=1)
    assert groups["training"] == {
        "seen": Counts(gold=1),
        "seen with another label": Counts(correct=1, predicted=2, gold=1),
        "unseen": Counts(gold=1),
    }
    assert groups["frequency"] == {"0": Counts(correct=1, predicted=2, gold=2), "2 to 4": Counts(gold=1)}
    assert set(errors(gold, predicted).groups) == {"length", "position"}


entities = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 5), st.sampled_from("AB")).map(lambda e: (e[0], e[0] + e[1], e[2])),
    max_size=5,
)


@given(gold=entities, predicted=entities)
def test_every_entity_is_right_or_in_one_error(gold: list[Plain], predicted: list[Plain]) -> None:
    text = "abcd" * 6
    pairs = list(align([annotated(text, *gold)], [annotated(text, *predicted)]))
    found = analyse_errors(pairs)
    for group in found.groups.values():
        whole = sum(group.values(), Counts())
        assert (whole.gold, whole.predicted) == (len(gold), len(predicted))
        correct = whole.correct
        between = sum(found.kinds[kind] for kind in ("boundary", "label", "both"))
        assert correct + between + found.kinds["missed"] == len(gold)
        assert correct + between + found.kinds["spurious"] == len(predicted)
        assert sum(found.confusion.values()) == correct + sum(found.kinds.values())


def test_documents_may_tell_their_domain() -> None:
    gold = [replace(marked(named("London", "LOC")), meta={"domain": domain}) for domain in ("web", "news", 3)]
    found = analyse_errors(align(gold, [gold[0], marked(), marked()]))
    assert list(found.groups["domain"].items()) == [
        ("news", Counts(gold=1)),
        ("web", Counts(correct=1, predicted=1, gold=1)),
    ]
    assert "domain" not in errors(marked(), marked()).groups
