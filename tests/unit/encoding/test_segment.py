"""Raw text to words: kept whole or split, and always at exact offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.encoding import SentenceBreaks, WordSpans, segment


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the U.S. Senate", ["the", "U.S.", "Senate"]),
        ("U.S.-led", ["U.S.-led"]),
        ("I don't", ["I", "don't"]),
        ("Merkel's plane", ["Merkel", "'s", "plane"]),
        ("Merkel’s plane", ["Merkel", "’s", "plane"]),
        ("an e-mail", ["an", "e-mail"]),
        ("hi @user_1!", ["hi", "@user_1", "!"]),
        ("#NowPlaying it", ["#NowPlaying", "it"]),
        ("see https://t.co/aB1?x=2.", ["see", "https://t.co/aB1?x=2", "."]),
        ("(www.onoma.org)", ["(", "www.onoma.org", ")"]),
        ("mail ada@ex.org,", ["mail", "ada@ex.org", ","]),
        ("1,234.5 on 1996-08-22 at 10:30", ["1,234.5", "on", "1996-08-22", "at", "10:30"]),
        ("50% of $5", ["50", "%", "of", "$", "5"]),
        ("Mr. O'Brien of AT&T", ["Mr.", "O'Brien", "of", "AT&T"]),
        ("J. K. Rowling", ["J.", "K.", "Rowling"]),
        ("R&amp;D", ["R", "&amp;", "D"]),
        ("l'Italie, dell'arte", ["l'", "Italie", ",", "dell'", "arte"]),
        ("Paris/London", ["Paris", "/", "London"]),
        ("wait... what?!", ["wait", "...", "what", "?!"]),
        ("nice :) <3", ["nice", ":)", "<3"]),
        ("“Ana”—she", ["“", "Ana", "”", "—", "she"]),
        ("東京タワー", list("東京タワー")),
        ("in 北京 now", ["in", "北", "京", "now"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("cafe\u0301 x", ["cafe\u0301", "x"]),
        ("👩‍👩‍👧‍👦👍🏽", ["👩‍👩‍👧‍👦", "👍🏽"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("a\u00a0b\tc\r\nd", ["a", "b", "c", "d"]),
        ("İstanbul STRASSE", ["İstanbul", "STRASSE"]),
        ("", []),
        (" \n\t\u00a0\u200b", []),
    ],
)
def test_text_is_segmented_into_words(text, words):
    assert [word.text for word in segment(text)] == words


def test_text_without_spaces_is_split_where_subwords_begin():
    words = segment("ไป สวัสดีครับ", pieces=lambda run: [0, 3] if len(run) > 3 else [0])
    assert [word.text for word in words] == ["ไป", "สวั", "สดีครับ"]


def test_a_word_never_begins_at_a_combining_mark():
    words = segment("สวัสดี", pieces=lambda run: range(len(run)))
    assert [word.text for word in words] == ["ส", "วั", "ส", "ดี"]


@given(st.text(max_size=80))
def test_words_have_their_offsets_and_only_white_space_is_left_out(text):
    words = segment(text)
    position = 0
    for word in words:
        assert text[word.start : word.end] == word.text != ""
        assert word.start >= position
        assert not any(character.isalnum() for character in text[position : word.start])
        position = word.end
    assert not any(character.isalnum() for character in text[position:])


@given(
    st.lists(st.sampled_from(["Ada", "U.S.", ",", "don't", "@x", "東", "'s", "...", "1.5", "(", "e-mail"]), max_size=12)
)
def test_words_joined_by_blanks_come_back(words):
    assert [word.text for word in segment(" ".join(words))] == words


def test_breaks_follow_closing_marks_and_begin_units():
    text = "He left. She\nstayed at acme.com. Ok !"
    breaks = SentenceBreaks(WordSpans.given(text, segment(text)), frozenset([4]))
    assert [position for position in range(-1, 12) if position in breaks] == [3, 4, 8]


def test_no_sentence_ends_with_an_abbreviation():
    text = "Dr. Smith met J. R. R. Tolkien in the U.S. Senate. Then he left?! Yes"
    words = segment(text)
    breaks = SentenceBreaks(WordSpans.given(text, words))
    assert [words[position].text for position in range(len(words)) if position in breaks] == ["Then", "Yes"]
