"""Likely label errors from gold and scored predictions alone, and predictions that come by folds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.doctor import cross_validated, suspicions
from onoma.errors import InputError
from onoma.text import Document

TEXT = "Ada Lovelace met Charles Babbage in Turin"


def _document(*spans):
    document = Document(TEXT)
    return document.with_entities(document.entity(s, e, label, score=score) for s, e, label, score in spans)


GOOD = [
    (_document((0, 12, "PER", None), (36, 41, "LOC", None)), _document((0, 12, "PER", 0.9), (36, 41, "LOC", 0.9)))
] * 5


def _first(gold, predicted):
    pairs = [*GOOD, (gold, predicted)]
    found = suspicions([own for own, _ in pairs], [other for _, other in pairs])
    assert {each.position for each in found} <= {len(GOOD)}
    return found


@pytest.mark.parametrize(
    ("gold", "predicted", "kind"),
    [
        ([(36, 41, "PER", None)], [(36, 41, "LOC", 0.95), (36, 41, "PER", 0.02)], "label"),
        ([(36, 41, "PER", None)], [(36, 41, "LOC", 0.95)], "label"),
        ([(0, 3, "PER", None)], [(0, 12, "PER", 0.95)], "word"),
        ([(0, 3, "PER", None)], [(0, 12, "LOC", 0.95)], "bounds"),
        ([(0, 3, "PER", None)], [(0, 16, "PER", 0.95)], "bounds"),
        ([(17, 24, "LOC", None)], [(17, 24, "LOC", 0.01)], "spurious"),
        ([], [(17, 32, "PER", 0.97)], "missing"),
    ],
)
def test_each_kind_of_error_is_suspected(gold, predicted, kind):
    [found] = _first(_document(*gold), _document(*predicted))
    assert found.kind == kind
    assert found.otherwise > found.given


def test_the_probability_of_no_entity_decides_whether_an_entity_is_spurious():
    gold, unsure = _document((0, 12, "PER", None)), (0, 12, "PER", 0.3)
    [found] = _first(gold, _document(unsure))
    assert (found.kind, found.otherwise) == ("spurious", 0.7)
    assert not _first(gold, _document(unsure, (0, 12, "O", 0.1)))
    [found] = _first(gold, _document(unsure, (0, 12, "O", 0.6)))
    assert (found.kind, found.otherwise) == ("spurious", 0.6)


def test_what_the_model_finds_most_probable_itself_is_not_suspected():
    assert not _first(_document((0, 12, "PER", None)), _document((0, 12, "PER", 0.5), (0, 3, "PER", 0.4)))
    assert not _first(_document(), _document((17, 32, "PER", 0.3)))


def test_another_label_of_the_same_span_is_surer_than_nothing_there():
    gold = [_document((0, 12, "PER", None))] * 2
    found = suspicions(gold, [_document((0, 12, "PER", 0.01)), _document((0, 12, "LOC", 0.99))])
    assert [each.kind for each in found] == ["label", "spurious"]


def test_how_the_same_words_are_annotated_elsewhere_counts():
    ada, usual, odd = (0, 12), "PER", "LOC"
    gold = [*[_document((*ada, usual, None))] * 6, _document((*ada, odd, None)), _document((36, 41, odd, None))]
    agreeing = [_document((*ada, usual, 0.9))] * 6
    found = suspicions(gold, [*agreeing, _document((*ada, usual, 0.9)), _document((36, 41, usual, 0.9))])
    assert [each.gold.text for each in found if each.gold] == ["Ada Lovelace", "Turin"]
    assert found[0].evidence > 0 == found[1].evidence


def test_words_that_are_never_annotated_are_hardly_missing():
    gold = [_document((36, 41, "LOC", None)), *[_document()] * 5]
    calm = [_document((36, 41, "LOC", 0.9)), *[_document()] * 4]
    [rare] = suspicions(gold, [*calm, _document((36, 41, "LOC", 0.9))])
    [usual] = suspicions([gold[0]] * 5 + [_document()], [calm[0]] * 5 + [_document((36, 41, "LOC", 0.9))])
    assert rare.score < usual.score


def test_a_nested_entity_is_no_other_reading_of_the_one_around_it():
    gold = _document((0, 12, "PER", None), (0, 3, "LOC", None))
    assert not [
        each
        for each in _first(gold, _document((0, 3, "LOC", 0.9), (0, 12, "PER", 0.05)))
        if each.kind in ("word", "bounds")
    ]


def test_an_unannotated_label_is_not_reported_as_missing():
    gold = Document(TEXT, unannotated=frozenset({"PER"}))
    assert not _first(gold, _document((17, 32, "PER", 0.99)))


def test_predictions_about_other_texts_are_refused():
    with pytest.raises(ValueError, match="document 0"):
        suspicions([Document("a")], [Document("b")])


spans = st.lists(
    st.tuples(st.integers(0, 20), st.integers(21, len(TEXT)), st.sampled_from(["PER", "LOC"]), st.floats(0, 1)),
    max_size=4,
)


@given(st.lists(st.tuples(spans, spans), max_size=5))
def test_any_predictions_give_an_ordered_ranking(drawn):
    gold = [_document(*((s, e, label, None) for s, e, label, _ in own)) for own, _ in drawn]
    found = suspicions(gold, [_document(*other) for _, other in drawn])
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def test_no_document_is_predicted_by_a_model_that_learnt_it_or_its_copy():
    documents = [Document(f"text {number % 7}", id=str(number)) for number in range(20)]
    folds = []

    def predict(fold, learnt, held):
        folds.append(fold)
        assert not {document.text for document in learnt} & {document.text for document in held}
        return held

    assert cross_validated(documents, predict, folds=3) == documents
    assert folds == [1, 2, 3]


@pytest.mark.parametrize("folds", [1, 8])
def test_impossible_numbers_of_folds_are_refused(folds):
    with pytest.raises(InputError, match=f"{folds} folds of 7"):
        cross_validated([Document(str(number)) for number in range(7)], lambda *_: [], folds=folds)
