"""The sentences with an error in them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from onoma.metrics import align, analyse_errors
from onoma.text import Document
from onoma.views.evaluation_page.sentences import SentenceWithErrors, sentences_with_errors

Plain = tuple[int, int, str]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Document, Document]:
    """Lines, or given sentences, with any spans on both sides, nested and crossing ones too."""
    lines = draw(st.lists(st.text("ab ", max_size=8), min_size=1, max_size=4))
    given_sentences = draw(st.booleans())
    document = Document.from_words([line.split() for line in lines]) if given_sentences else Document("\n".join(lines))
    bound = st.integers(0, len(document.text))
    spans = st.lists(st.tuples(bound, bound, st.sampled_from("XY")), max_size=5)
    gold, predicted = (
        document.with_entities(document.entity(min(a, b), max(a, b), label) for a, b, label in draw(spans))
        for _ in range(2)
    )
    return gold, predicted


def found(*sides: tuple[Document, Document]) -> list[SentenceWithErrors]:
    return list(sentences_with_errors(align([gold for gold, _ in sides], [predicted for _, predicted in sides])))


@given(sides=st.lists(pairs(), max_size=3))
def test_every_error_is_in_one_sentence_and_spans_lie_in_the_text(sides: list[tuple[Document, Document]]) -> None:
    sentences = found(*sides)
    kinds = analyse_errors(align([gold for gold, _ in sides], [predicted for _, predicted in sides])).kinds
    assert Counter(error.kind for sentence in sentences for error in sentence.errors) == Counter(kinds)
    assert all(sentence.errors for sentence in sentences)
    for sentence in sentences:
        assert 1 <= sentence.number <= sentence.of
        for mark in sentence.marks:
            assert 0 <= mark.start <= mark.end <= len(sentence.text)
            assert " ".join(sentence.text[mark.start : mark.end].split()) == mark.form
        wrong = {mark for mark in sentence.marks if mark.wrong}
        assert {mark for error in sentence.errors for mark in (error.gold, error.predicted) if mark} <= wrong


def test_a_sentence_knows_its_place_and_its_right_spans() -> None:
    document = Document.from_words([["Ada", "left"], ["Bob", "met", "Eve"]], id="d")
    gold = document.with_entities([document.entity(9, 12, "PER"), document.entity(17, 20, "PER")])
    predicted = document.with_entities(
        [document.entity(9, 12, "PER", score=0.9), document.entity(17, 20, "LOC", score=0.4)]
    )
    [sentence] = found((gold, predicted))
    assert (sentence.document, sentence.id, sentence.number, sentence.of) == (1, "d", 2, 2)
    assert sentence.text == "Bob met Eve"
    assert [(mark.form, mark.side, mark.wrong, mark.score) for mark in sentence.marks] == [
        ("Bob", "gold", False, None),
        ("Bob", "predicted", False, 0.9),
        ("Eve", "gold", True, None),
        ("Eve", "predicted", True, 0.4),
    ]
    [error] = sentence.errors
    assert error.kind == "label"


def test_an_error_across_sentences_shows_both() -> None:
    document = Document("Ada\nLovelace\nleft")
    [sentence] = found((document.with_entities([document.entity(0, 12, "PER")]), document))
    assert sentence.text == "Ada\nLovelace"


def test_words_that_are_spelled_otherwise_stand_where_gold_has_them() -> None:
    gold = Document.from_words([["x"], ["Ada", "é"]])
    predicted = Document.from_words([["x", "Ada", "??"]])
    predicted = predicted.with_entities([predicted.entity(2, 5, "PER", score=0.5)])
    [sentence] = found((gold, predicted))
    assert (sentence.text, sentence.marks[0].form, sentence.marks[0].start) == ("Ada é", "Ada", 0)


def test_a_span_that_is_predicted_twice_has_each_score() -> None:
    document = Document("Ada left")
    twice = document.with_entities([document.entity(0, 3, "PER", score=score) for score in (0.25, 0.75)])
    [sentence] = found((document, twice))
    assert {error.predicted.score for error in sentence.errors if error.predicted} == {0.25, 0.75}
