"""Predictions find their place in gold whatever happened to bounds, blanks and spelling, or are refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.errors import InputError
from onoma.metrics import Counts, align, score
from onoma.text import Document

Chunk = tuple[int, int, str]
Sentences = Sequence[Sequence[str]]


def by_words(sentences: Sentences, *chunks: Chunk, id: str = "") -> Document:
    """A document with entities over word positions ``[start, end)``."""
    document = Document.from_words(sentences, id=id)
    words = document.words or ()
    return document.with_entities(
        [document.entity(words[start].start, words[end - 1].end, label) for start, end, label in chunks]
    )


def test_other_document_bounds_and_line_breaks() -> None:
    gold = [
        by_words([["Ada", "met"], ["Bob"]], (0, 1, "PER"), (2, 3, "PER")),
        by_words([["in", "Rome"]], (1, 2, "LOC")),
    ]
    predicted = [by_words([["Ada", "met", "Bob", "in", "Rome"]], (0, 1, "PER"), (2, 3, "LOC"), (4, 5, "LOC"))]
    report = score(gold, predicted)
    assert report.exact == Counts(correct=2, predicted=3, gold=3)
    assert report.documents == 2
    assert report.notes == (
        "the texts of 2 of 2 documents differ, in bounds, blanks or spelling; they were aligned by their words",
    )
    assert score(predicted, gold).exact == Counts(correct=2, predicted=3, gold=3)


def test_a_prediction_across_gold_bounds_is_counted_where_it_begins() -> None:
    gold = [by_words([["Ada"]], (0, 1, "PER")), by_words([["Bob"]], (0, 1, "PER"))]
    predicted = [by_words([["Ada", "Bob"]], (0, 2, "PER"))]
    first, second = align(gold, predicted)
    assert [mention.form for mention in first.predicted] == ["Ada Bob"]
    assert second.predicted == ()
    report = score(gold, predicted)
    assert report.exact == Counts(correct=0, predicted=1, gold=2)
    assert report.partial == Counts(correct=0.5, predicted=1, gold=2)


def test_words_spelled_otherwise_are_aligned_by_position_and_told() -> None:
    gold = [by_words([["😂", "Ada", "😂😂", "!"]], (1, 2, "PER"), (2, 3, "SIGN"))]
    predicted = [by_words([["ðŸ˜‚", "Ada", "??", "!"]], (1, 2, "PER"), (2, 3, "SIGN"))]
    report = score(gold, predicted)
    assert report.exact == report.surface == Counts(correct=2, predicted=2, gold=2)
    assert "2 words are spelled differently in predicted and gold; they were aligned by position" in report.notes


def test_a_document_may_be_normalised_throughout_where_its_bounds_agree() -> None:
    gold = Document.from_words([[f"u{number}" for number in range(30)] + ["end"]])
    predicted = Document.from_words([[f"you{number}" for number in range(30)] + ["end"]])
    other = by_words(LONG)
    aligned, _ = align([gold, other], [predicted, other])
    assert aligned.respelled == 30


@pytest.mark.parametrize(
    "order",
    [
        [["Ada", "left", "Turin", "."], ["Bo", "slept"]],
        [["Bo", "slept"], ["Ada", "ran"], ["Eve", "lay"]],
        [["😂"], ["Ada"], ["Turin"]],
    ],
)
def test_the_same_sentences_in_another_order_are_refused(order: Sequence[Sequence[str]]) -> None:
    gold = [by_words([words], (0, 1, "PER")) for words in order]
    with pytest.raises(
        InputError, match=f"gold has '{order[0][0]}' as word 1 of document 1, predicted has .*same order"
    ):
        score(gold, [*gold[1:], gold[0]])


def test_entities_inside_words_keep_their_place_in_the_word() -> None:
    gold, predicted = Document.from_words([["the", "U.S.-based"]]), Document.from_words([["the"], ["U.S.-based"]])
    ours = gold.with_entities([gold.entity(4, 8, "LOC")])
    theirs = predicted.with_entities([predicted.entity(4, 8, "LOC"), predicted.entity(5, 14, "LOC")])
    (aligned,) = align([ours], [theirs])
    assert [mention.form for mention in aligned.predicted] == ["U.S.", ".S.-based"]
    assert score([ours], [theirs]).exact.correct == 1


def test_blank_edges_and_blank_entities() -> None:
    gold, predicted = by_words([["Ada", "met"]], (0, 1, "PER")), Document.from_words([["Ada"], ["met"]])
    blank = predicted.with_entities([predicted.entity(0, 4, "PER"), predicted.entity(3, 4, "PER")])
    assert score([gold], [blank]).exact == Counts(correct=1, predicted=2, gold=1)


def test_documents_without_words_need_the_same_text() -> None:
    text = Document("Ada met Bob")
    assert score([text.with_entities([text.entity(0, 3, "PER")])], [text]).exact.gold == 1
    with pytest.raises(
        InputError,
        match=r"differ at character 3 of document 1 \('a'\): gold has ' met Bob', predicted has '\\n met Bob'",
    ):
        score([Document("Ada met Bob", id="a")], [Document("Ada\n met Bob")])
    with pytest.raises(InputError, match="only in Unicode normalization, such as NFC and NFD"):
        score([Document("Jos\u00e9")], [Document("Jose\u0301")])
    with pytest.raises(
        InputError, match="predicted has no given words in document 2 to be aligned by, and gold has ended"
    ):
        score([text], [text, text])
    with pytest.raises(
        InputError, match="gold has no given words in document 2 to be aligned by, and predicted has other"
    ):
        score([by_words([["a"]]), text], [by_words([["a", "b"]])])


def test_empty_documents_hold_no_words() -> None:
    assert score([Document(""), by_words([["Ada"]])], [by_words([["Ada"]]), Document("\n")]).documents == 2


LONG = [[f"w{number}" for number in range(40)]]


def edited(*, drop: Sequence[int] = (), insert: Sequence[int] = ()) -> Document:
    words = list(LONG[0])
    for index in sorted(insert, reverse=True):
        words.insert(index, "new")
    return by_words([[word for word in words if word not in {f"w{index}" for index in drop}]])


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        (edited(drop=[7]), "gold has 'w7' as word 8 of document 2 ('g'), predicted has 'w8' as word 8 of document 2"),
        (
            edited(insert=[5]),
            "gold has 'w5' as word 6 of document 2 ('g'), predicted has 'new' as word 6 of document 2",
        ),
        (edited(drop=[7], insert=[30]), "gold has 'w7' as word 8 of document 2"),
        (edited(drop=[30], insert=[7]), "gold has 'w7' as word 8 of document 2"),
        (edited(drop=[39]), "gold has 'w39' as word 40 of document 2 ('g'), predicted has ended"),
        (edited(insert=[40]), "gold has ended, predicted has 'new' as word 41 of document 2"),
        (
            by_words([[f"v{number}" for number in range(40)]]),
            "gold has 'w0' as word 1 of document 2 ('g'), predicted has 'v0'",
        ),
    ],
)
def test_other_words_are_refused_and_the_first_difference_is_named(predicted: Document, message: str) -> None:
    first = by_words([["Ada"]])
    with pytest.raises(InputError) as caught:
        score([first, by_words(LONG, id="g")], [first, predicted])
    assert message in str(caught.value)
    assert "must hold the same words in the same order" in str(caught.value)


words = st.lists(st.sampled_from(["a", "bb", "ccc"]), min_size=1, max_size=24)


@given(words=words, data=st.data())
def test_bounds_do_not_change_figures(words: list[str], data: st.DataObject) -> None:
    """However a text is cut into documents and sentences, outside its entities, the same entities are right."""
    size = len(words)
    tag = st.sampled_from(["", "A", "B"])
    labels = {side: data.draw(st.lists(tag, min_size=size, max_size=size)) for side in ("gold", "predicted")}

    def cut(side: str) -> list[Document]:
        breaks = data.draw(st.lists(st.sampled_from(["", "sentence", "document"]), min_size=size, max_size=size))
        documents: list[tuple[list[list[str]], list[Chunk]]] = [([[]], [])]
        count = 0
        for index, word in enumerate(words):
            sentences, chunks = documents[-1]
            sentences[-1].append(word)
            if labels[side][index]:
                chunks.append((count, count + 1, labels[side][index]))
            count += 1
            if breaks[index] == "sentence":
                sentences.append([])
            elif breaks[index] == "document":
                documents.append(([[]], []))
                count = 0
        return [by_words(sentences, *chunks) for sentences, chunks in documents]

    whole = score(
        *(
            [by_words([words], *((i, i + 1, label) for i, label in enumerate(labels[side]) if label))]
            for side in ("gold", "predicted")
        )
    )
    report = score(cut("gold"), cut("predicted"))
    assert (report.exact, report.surface, report.partial, report.labels) == (
        whole.exact,
        whole.surface,
        whole.partial,
        whole.labels,
    )
