"""So many sentences, drawn from documents: as many as asked for, more of a seed hold fewer of it, entities stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.corpora import count_sentences, draw_sentences
from onoma.errors import ConfigError
from onoma.text import Document

DOCUMENTS = st.lists(st.integers(1, 5), min_size=1, max_size=8).map(
    lambda sizes: [
        Document.from_words([[f"d{number}s{sentence}"] for sentence in range(size)], id=str(number))
        for number, size in enumerate(sizes)
    ]
)


def words(documents):
    return [word.text for document in documents for word in document.words or ()]


@given(DOCUMENTS, st.data(), st.integers(0, 5))
def test_exactly_so_many_sentences_and_none_twice(documents, data, seed):
    whole = count_sentences(documents)
    count = data.draw(st.integers(1, whole))
    drawn = words(draw_sentences(documents, count, seed=seed))
    assert len(drawn) == len(set(drawn)) == count
    assert set(drawn) <= set(words(documents))


@given(DOCUMENTS, st.data(), st.integers(0, 5))
def test_fewer_are_among_more_of_the_same_seed(documents, data, seed):
    whole = count_sentences(documents)
    more = data.draw(st.integers(1, whole))
    fewer = data.draw(st.integers(1, more))
    drawn = [set(words(draw_sentences(documents, count, seed=seed))) for count in (fewer, more)]
    assert drawn[0] <= drawn[1]


def test_seeds_draw_different_sentences():
    documents = [Document.from_words([[f"w{number}"]]) for number in range(50)]
    assert len({tuple(words(draw_sentences(documents, 5, seed=seed))) for seed in range(5)}) > 1


def test_a_document_that_is_cut_keeps_the_entities_of_what_is_left():
    document = Document.from_words([["Ada", "left"], ["Lyon", "slept"], ["Bob"]])
    document = document.with_entities(
        [document.entity(0, 3, "PER"), document.entity(9, 13, "LOC"), document.entity(20, 23, "PER")]
    )
    (cut,) = draw_sentences([document], 2, seed=1)
    assert [(entity.text, entity.label) for entity in cut.entities] == [("Ada", "PER"), ("Lyon", "LOC")]
    assert len(cut.sentences or ()) == 2


def test_too_many_are_refused_with_what_there_is():
    with pytest.raises(ConfigError, match="4 were requested, but the training text has 3"):
        draw_sentences([Document("a")] * 3, 4, seed=1)
