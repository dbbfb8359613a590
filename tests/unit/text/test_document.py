"""What always holds of a document."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.text import Document, Entity, Word

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=5)
SENTENCES = st.lists(st.lists(WORDS, max_size=4), max_size=4)


@given(sentences=SENTENCES)
def test_words_and_sentences_stand_where_they_say(sentences: list[list[str]]) -> None:
    document = Document.from_words(sentences)
    assert document.words is not None
    assert document.sentences is not None
    assert [word.text for word in document.words] == [word for sentence in sentences for word in sentence]
    assert all(document.text[word.start : word.end] == word.text for word in document.words)
    assert [document.text[sentence.start : sentence.end].split(" ") for sentence in document.sentences] == [
        sentence or [""] for sentence in sentences
    ]


def test_sentences_take_their_names() -> None:
    document = Document.from_words([["a"], ["b"]], sentence_ids=["first"])
    assert document.sentences is not None
    assert [sentence.id for sentence in document.sentences] == ["first", ""]


@given(text=st.text(max_size=20), data=st.data())
def test_entities_agree_with_the_text_and_are_ordered(text: str, data: st.DataObject) -> None:
    document = Document(text, id="x", meta={"source": "test"})
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    spans = data.draw(st.lists(st.tuples(bounds, st.sampled_from("AB")), max_size=6))
    annotated = document.with_entities([document.entity(start, end, label) for (start, end), label in spans])
    assert all(text[entity.start : entity.end] == entity.text for entity in annotated.entities)
    keys = [(entity.start, -entity.end) for entity in annotated.entities]
    assert keys == sorted(keys)
    assert (annotated.text, annotated.id, annotated.meta) == (text, "x", {"source": "test"})


@pytest.mark.parametrize(
    "piece",
    [
        Entity(start=0, end=3, label="PER", text="Bob"),
        Entity(start=2, end=1, label="PER", text=""),
        Entity(start=-3, end=4, label="PER", text=""),
        Entity(start=0, end=9, label="PER", text="Ada"),
    ],
)
def test_a_piece_that_disagrees_with_the_text_is_refused(piece: Entity) -> None:
    with pytest.raises(ValueError, match="does not agree with the text of document 'd'"):
        Document("Ada", (piece,), id="d")


@pytest.mark.parametrize(("start", "end"), [(0, 4), (2, 1), (-1, 2), (4, 4)])
def test_an_entity_outside_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"is no span of the text of document 'd', which has 3 characters"):
        Document("Ada", id="d").entity(start, end, "PER")


@pytest.mark.parametrize("text", [None, b"Ada", ["Ada"]])
def test_a_text_is_a_string(text: object) -> None:
    with pytest.raises(TypeError, match="expected a text, got"):
        Document(text)  # type: ignore[arg-type]


def test_a_word_that_disagrees_with_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="does not agree"):
        Document("Ada", words=(Word(start=0, end=2, text="Ada"),))


@pytest.mark.parametrize("document", [Document("Ada"), Document.from_words([["Ada", "left"]], id="7", meta={"a": [1]})])
def test_a_document_comes_back_from_another_process(document):
    document = document.with_entities([document.entity(0, 3, "PER", score=0.5)])
    assert pickle.loads(pickle.dumps(document)) == copy.deepcopy(document) == document


def test_a_text_in_place_of_words_is_refused() -> None:
    with pytest.raises(ValueError, match=r"list of words.*got 'Ada ran'"):
        Document.from_words(["Ada ran"])
