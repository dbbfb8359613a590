"""How documents are cut for models that read words."""

from __future__ import annotations

from itertools import pairwise

import pytest

from onoma.encoding import WordWindower
from onoma.text import Document

WINDOWER = WordWindower(window=20, overlap=4)


def sentences(document: Document) -> list[str]:
    (encoded,) = WINDOWER.encode([document])
    return [" ".join(encoded.words.texts(window.start, window.end)) for window in encoded.windows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada met Bob. He left.", ["Ada met Bob .", "He left ."]),
        ("Mr. Smith of St. Louis met the U.S. Army.", ["Mr. Smith of St. Louis met the U.S. Army ."]),
        ("why ? because", ["why ? because"]),
        ("Really?! Yes", ["Really ?!", "Yes"]),
        ("One line\n\nAnother", ["One line", "Another"]),
        ("北京。上海", ["北 京 。", "上 海"]),
        ("", []),
        (" \n", []),
    ],
)
def test_a_sentence_is_scored_at_a_time(text, expected):
    assert sentences(Document(text)) == expected


def test_given_sentences_are_kept_whatever_is_in_them():
    assert sentences(Document.from_words([["a", ".", "B"], ["c"]])) == ["a . B", "c"]


def test_a_long_sentence_is_cut_and_each_word_is_in_one_core():
    document = Document.from_words([["x"], [str(number) for number in range(100)], ["y"]])
    (encoded,) = WINDOWER.encode([document])
    cores = [word for window in encoded.windows for word in range(window.core_start, window.core_end)]
    assert cores == list(range(102))
    assert all(window.end - window.start <= 20 for window in encoded.windows)
    inside = encoded.windows[1:-1]
    assert all(one.end > other.start for one, other in pairwise(inside))


def test_entities_may_go_on_over_what_looks_like_the_end_of_a_sentence():
    (encoded,) = WINDOWER.encode([Document("Yahoo ! Inc is here")])
    assert encoded.sentences == ((0, 5),)


def test_words_are_read_without_what_an_encoder_is_given():
    (encoded,) = WINDOWER.encode([Document("HEADLINE HERE\n\nco&amp;co")])
    assert encoded.words.texts(0, len(encoded.words))[:2] == ["HEADLINE", "HERE"]
    assert encoded.second is None
