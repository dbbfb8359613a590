from __future__ import annotations

import random
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.pretraining.sentences import LONGEST_SENTENCE, are_sentences, are_wrapped, split_sentences


@pytest.mark.parametrize(
    "text",
    [
        "He came.|She left.|And then?|Nothing!|So it was.",
        "“Why?” he asked.|“Because.”|She said no more.",
        "(It was late.)|They went home.",
        "Dr. Smith met Mrs. Jones and J. R. Ewing on St. Mark's Square.|They talked.",
        "It was made in the U.S. Senate.|It is in the U.S.|The people know.",
        "He works at Acme Inc.|She does not.",
        "See No. 5 and Fig. 3 there.|No.|I will not.",
        "1. Open the door.|2. Go in.",
        "It ended in 2010.|The rest is known.|Am 3. Oktober war es kalt.",
        "Some fruit, e.g. apples, cost 3.14 a piece at example.com today.|Good.",
        "Wait... what is it?!|It is… nothing.|Fine…|Next.",
        "你好。|他说：“走吧！”|她来了？|好",
        "هل أنت بخير؟|نعم.|شكرا",
        "मैं घर हूँ।|वह बाहर है।",
        "hey. |how are you? |fine",
        "Das ist z.B. Brot.|Und ca. 5 Euro.",
        "no mark and no capital anywhere",
    ],
)
def test_sentences_end_where_they_end(text: str) -> None:
    expected = [sentence.strip() for sentence in text.split("|")]
    blank = "" if "。" in text else " "
    assert split_sentences(text.replace("|", blank)) == expected


def test_a_wrapped_line_goes_on_and_another_does_not() -> None:
    wrapped = "The chancellor visited the University of\nNew York and said that it was\na fine place. She left.\n"
    assert split_sentences(wrapped) == [
        "The chancellor visited the University of New York and said that it was a fine place.",
        "She left.",
    ]
    assert split_sentences("Munich\nGermany\n\nA title\n\nSome text") == ["Munich", "Germany", "A title", "Some text"]


def test_a_sentence_without_an_end_is_cut_at_blanks() -> None:
    pieces = split_sentences("word " * 2_000)
    assert len(pieces) > 4
    assert all(len(piece) <= LONGEST_SENTENCE for piece in pieces)
    assert {word for piece in pieces for word in piece.split()} == {"word"}
    assert "".join(split_sentences("x" * 5_001)) == "x" * 5_001
    assert "".join(split_sentences("." * 100_000)) == "." * 100_000


def test_lines_that_are_sentences_are_told_from_wrapped_ones_and_paragraphs() -> None:
    assert are_sentences(["He came.", "She left!", "“Why?”", "So it was ."] * 3)
    assert not are_sentences(["He came to the house of his", "brother and left. She did", "not."])
    assert not are_sentences(["He came. She left. It was so.", "There was more. It was long."])
    assert not are_sentences(["hello", "world"])
    assert not are_sentences(["One."])


TALE = "the night was long and so they went on to the house of an old uncle who told them what he had seen"


def prose(seed: int) -> str:
    draw = random.Random(seed)
    return " ".join(draw.choices(TALE.split(), k=draw.randint(3, 60)))


def test_wrapped_lines_are_told_from_whole_ones() -> None:
    texts = [prose(seed) for seed in range(40)]
    wrapped = "\n\n".join(textwrap.fill(text, 60) for text in texts).split("\n")
    assert are_wrapped(wrapped)
    assert are_wrapped([*wrapped, "", "https://example.com/" + "x" * 300, "A link."])
    assert not are_wrapped(texts)
    assert are_wrapped(texts[:3])


@given(st.text(st.sampled_from("aA.!?…。।\"”( \n\t1\u2028-éI'"), max_size=200))
def test_no_character_is_lost(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" and "\n" not in sentence for sentence in sentences)
