"""Joined documents hold what the single ones held, and cut again at sentences they are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.text import Document, Entity, Sentence, Word, join, split_sentences
from support.annotated import annotated

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=4)


@st.composite
def sentences(draw: st.DrawFn) -> Document:
    """A document of one sentence with an entity over some of its words."""
    words = draw(st.lists(WORDS, min_size=1, max_size=4))
    document = Document.from_words([words])
    first = draw(st.integers(0, len(words) - 1))
    last = draw(st.integers(first, len(words) - 1))
    assert document.words is not None
    return document.with_entities([document.entity(document.words[first].start, document.words[last].end, "X")])


@given(parts=st.lists(sentences(), min_size=1, max_size=5))
def test_splitting_undoes_joining(parts: list[Document]) -> None:
    assert split_sentences(join(parts)) == parts


@given(parts=st.lists(sentences(), min_size=1, max_size=5))
def test_nothing_is_lost_by_joining(parts: list[Document]) -> None:
    whole = join(parts)
    assert whole.text == "\n".join(part.text for part in parts)
    assert whole.words is not None
    assert [word.text for word in whole.words] == [word.text for part in parts for word in part.words or ()]
    assert [(each.text, each.label) for each in whole.entities] == [
        (each.text, each.label) for part in parts for each in part.entities
    ]


def test_texts_without_sentence_bounds_become_sentences_with_their_ids() -> None:
    whole = join([annotated("Ada left.", (0, 3, "PER"), id="1"), annotated("So did Bo.", (7, 9, "PER"), id="2")])
    assert whole.sentences == (Sentence(start=0, end=9, id="1"), Sentence(start=10, end=20, id="2"))
    assert [(each.start, each.text) for each in whole.entities] == [(0, "Ada"), (17, "Bo")]
    assert (whole.id, whole.words, dict(whole.meta)) == ("1", None, {})


def test_what_differs_in_meta_is_kept_for_each_part() -> None:
    sentence = (Sentence(start=0, end=1, id="s"),)
    parts = [
        Document("a", id="1", sentences=sentence, meta={"language": "en", "page": 1}),
        Document("b", meta={"language": "en"}),
    ]
    assert join(parts).meta == {"language": "en", "parts": [{"page": 1, "id": "1"}, {}]}


def test_what_one_part_does_not_annotate_the_whole_does_not() -> None:
    parts = [Document("a", unannotated=frozenset(["X"])), Document("b")]
    assert join(parts).unannotated == {"X"}


def test_given_words_and_none_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="some have given words"):
        join([Document("a"), Document.from_words([["b"]])])


def test_one_document_stays_as_it_is() -> None:
    document = Document("Ada\n\nleft", id="1")
    assert join([document]) is document
    assert split_sentences(document) == [document]


def test_no_cut_goes_through_an_entity_or_a_word() -> None:
    bounds = tuple(Sentence(start=at, end=at + 3) for at in (0, 4, 8))
    document = Document("a b\nc d\ne f", sentences=bounds)
    whole = document.with_entities([document.entity(2, 5, "X"), document.entity(4, 5, "X")])
    assert [part.text for part in split_sentences(whole)] == ["a b\nc d", "e f"]
    long = Document("a b\nc d", words=(Word(start=2, end=5, text="b\nc"),), sentences=bounds[:2])
    assert split_sentences(long) == [long]


def test_a_word_of_white_space_at_the_end_of_a_sentence_is_kept() -> None:
    words = tuple(Word(start=at, end=at + 1, text="a\u00a0\nb"[at]) for at in (0, 1, 3))
    bounds = (Sentence(start=0, end=2), Sentence(start=3, end=4))
    first, second = split_sentences(Document("a\u00a0\nb", words=words, sentences=bounds))
    assert (first.text, second.text) == ("a\u00a0", "b")
    assert second.words == (Word(start=0, end=1, text="b"),)


def test_blanks_between_sentences_go_with_the_cut() -> None:
    document = Document("Ada left.  Bo too.", (Entity(start=11, end=13, label="X", text="Bo"),))
    document = Document(
        document.text, document.entities, sentences=(Sentence(start=0, end=9), Sentence(start=11, end=18))
    )
    first, second = split_sentences(document)
    assert (first.text, second.text, second.entities[0].start) == ("Ada left.", "Bo too.", 0)
