"""What an encoder reads of a text: the same words at the text's own offsets, in the spellings that were meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from onoma.encoding import SubwordEncoder
from onoma.encoding.preprocessing import DocumentWords, read_words
from onoma.text import Document
from support.wordpieces import wordpiece

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
VOCABULARY = ["[UNK]", *".@&'-", *LETTERS, "the", "visited", "Lyon"]


def cased() -> SubwordEncoder:
    """Has one subword for a few words, and one for each letter of all others."""
    pieces = [*VOCABULARY, *(f"##{piece}" for piece in VOCABULARY[1:])]
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return SubwordEncoder(tokenizer)


def read(text: str, *, structure: bool = True) -> DocumentWords:
    return read_words(Document(text), cased(), structure=structure)


def spelled(text: str, *, structure: bool = True) -> list[str]:
    words = read(text, structure=structure).words
    return words.texts(0, len(words))


def written(text: str, *, structure: bool = True) -> list[str]:
    words = read(text, structure=structure).words
    return [text[start:end] for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "as_written", "as_read"),
    [
        ("Mary O&#39;Neil", ["Mary", "O&#39;Neil"], ["Mary", "O'Neil"]),
        ("Mary O&#x27;Neil", ["Mary", "O&#x27;Neil"], ["Mary", "O'Neil"]),
        ("Smith&#39;s car", ["Smith", "&#39;s", "car"], ["Smith", "'s", "car"]),
        ("Smith&rsquo;s car", ["Smith", "&rsquo;s", "car"], ["Smith", "\u2019s", "car"]),
        ("AT&amp;T, Ernst &amp; Co", ["AT&amp;T", ",", "Ernst", "&amp;", "Co"], ["AT&T", ",", "Ernst", "&", "Co"]),
        ("AT&amp;amp;T", ["AT&amp;amp;T"], ["AT&T"]),
        ("Caf&eacute; Z&uuml;rich", ["Caf&eacute;", "Z&uuml;rich"], ["Café", "Zürich"]),
        ("Ada&nbsp;Byron", ["Ada", "Byron"], ["Ada", "Byron"]),
        ("&quot;Ada&quot;", ["&quot;", "Ada", "&quot;"], ['"', "Ada", '"']),
        ("&lt;Ada&gt;", ["&lt;", "Ada", "&gt;"], ["<", "Ada", ">"]),
        ("R&D; Q&unknown; x", None, None),
        ("&#1;\n\nAda ran", ["&#1;", "Ada", "ran"], ["\ufffd", "Ada", "ran"]),
        ("Mer-\nKel", ["Mer-\nKel"], ["Mer-Kel"]),
        ("Mer-\nkel", ["Mer-\nkel"], ["Merkel"]),
        ("> Mer-\n> kel", ["Mer-\n> kel"], ["Merkel"]),
        ("Bo <b@ex.org>", ["Bo", "<", "b@ex.org", ">"], ["Bo", "<", "@", ">"]),
        ("Jan Vos/HOU/ACME@ACME", ["Jan", "Vos", "/HOU/ACME@ACME"], ["Jan", "Vos.", "@"]),
        ("To: Bo@ACME\nCc", ["To", ":", "Bo", "@ACME", "Cc"], ["To", ":", "Bo.", "@ .", "Cc"]),
        ("Paul Winter@ACME", ["Paul", "Winter", "@ACME"], ["Paul", "Winter.", "@"]),
        ("hi @ada", ["hi", "@ada"], ["hi", "@ada"]),
    ],
)
def test_words_as_written_and_as_read(text, as_written, as_read):
    if as_written is None:
        assert spelled(text) == written(text) == spelled(text, structure=False)
    else:
        assert written(text) == as_written
        assert spelled(text) == as_read


def test_a_unit_ends_with_a_full_stop_unless_it_has_a_mark():
    assert spelled("Tom\nSarah!\nBo\tUlm\nend") == ["Tom .", "Sarah", "!", "Bo.", "Ulm .", "end"]


@pytest.mark.parametrize("text", ["AT&amp;T\nMer-\nkel", "VISITED LYON", "Bo <b@ex.org>"])
def test_without_structure_words_are_read_as_they_are_written(text):
    reading = read(text, structure=False)
    assert spelled(text, structure=False) == written(text, structure=False)
    assert reading.second is None
    assert len(reading.sentences) == 1


@pytest.mark.parametrize(
    ("text", "lower", "likely"),
    [
        ("ADA VISITED THE LYON ZOO", "ada visited the lyon zoo", "Ada visited the Lyon Zoo"),
        ("ada visited the lyon zoo", "ada visited the lyon zoo", "Ada visited the Lyon Zoo"),
        ("O'NEIL VISITED AL-QUDS", "o'neil visited al-quds", "O'Neil visited Al-Quds"),
    ],
)
def test_a_sentence_whose_case_tells_nothing_is_read_twice(text, lower, likely):
    reading = read(text)
    assert reading.second is not None
    assert [" ".join(words.texts(0, len(words))) for words in (reading.words, reading.second)] == [lower, likely]


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("Ada left. VISITED LYON AGAIN. Then home.", "VISITED LYON AGAIN ."),
        ("Ada left.\nWENT HOME AGAIN\nThen home.", "WENT HOME AGAIN"),
        ("Ada left. then they all went to see lyon again. Home.", "then they all went to see lyon again ."),
        ("Ada left. then they visited lyon. Home it was.", ""),
        ("Ada met the UN.", ""),
        ("NATO", ""),
        ("Ada left, ok. Bo", ""),
        ("Bo: EU, UN, US, WHO.", ""),
        ("12 - 13", ""),
        ("مرحبا بالعالم اليوم", ""),
    ],
)
def test_only_sentences_whose_case_tells_nothing_are_read_twice(text, twice):
    reading = read(text)
    found = [] if reading.twice is None else reading.twice.nonzero()[0].tolist()
    assert " ".join(text[reading.words.starts[word] : reading.words.ends[word]] for word in found) == twice


def test_a_tokenizer_that_ignores_case_reads_once():
    reading = read_words(Document("VISITED LYON AGAIN"), SubwordEncoder(wordpiece()), structure=True)
    assert reading.second is None


def test_given_words_stay_and_are_read_in_another_case():
    document = Document.from_words([["ADA", "VISITED"], ["THE", "LYON", "ZOO"]])
    reading = read_words(document, cased(), structure=True)
    assert reading.sentences == ((0, 2), (2, 5))
    assert reading.words.texts(0, 5) == ["ada", "visited", "the", "lyon", "zoo"]


@given(st.text(st.sampled_from("aBc.&;#39amp-@/>|\n\t \u00e9\u0301"), max_size=60))
def test_words_are_in_order_and_nothing_but_blanks_and_marks_is_left(text):
    words = read(text).words
    position = 0
    for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True):
        assert position <= start < end <= len(text)
        assert not any(character.isalnum() for character in text[position:start])
        position = end
    assert all(words.texts(0, len(words)))


@pytest.mark.parametrize(
    "text",
    [
        "a  b" * 60_000,
        "@" + "a" * 200_000,
        "@" + "a." * 100_000,
        "@" + "a/" * 100_000,
        "A" + "." * 200_000,
        "A b." + " '" * 100_000,
        "-\n" * 100_000,
        "> " * 100_000,
        "a\t" * 100_000,
        "a" + " " * 200_000 + "b",
        "&amp;" * 40_000,
        "&" * 200_000,
        "a: " * 60_000,
        "A\n" * 60_000,
    ],
    ids=lambda text: text[:4].encode("unicode_escape").decode(),
)
def test_the_work_is_linear_in_the_text(text):
    """What takes the square of the length does not end within the patience of whoever runs the tests."""
    assert len(read(text).words) <= len(text)
