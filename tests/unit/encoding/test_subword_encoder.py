"""Words to subwords: every word keeps its place, whatever the tokenizer makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from onoma.encoding import SubwordEncoder, WordSpans
from onoma.errors import EncoderError
from onoma.text import Document, Sentence
from support.wordpieces import PIECES, windower, wordpiece


def test_special_tokens_are_those_of_the_tokenizer():
    subword_encoder = SubwordEncoder(wordpiece())
    assert (subword_encoder.prefix, subword_encoder.suffix, subword_encoder.pad, subword_encoder.unknown) == (
        (2,),
        (3,),
        0,
        1,
    )


def test_the_tokenizers_own_truncation_and_padding_are_not_used():
    (encoded,) = windower().encode([Document("abcdef ghijkl")])
    assert encoded.subwords.bounds.tolist() == [0, 6, 12]


@pytest.mark.parametrize("dropped", ["\x01", "\ufe0f", "\u200d", " "])
def test_a_word_that_the_tokenizer_drops_keeps_its_place(dropped):
    (encoded,) = windower().encode([Document.from_words([["ab", dropped, "c"]])])
    assert encoded.subwords.bounds.tolist() == [0, 2, 3, 4]
    assert encoded.subwords.ids[2] == 1


def test_words_that_the_tokenizer_drops_get_the_unknown_token():
    (encoded,) = windower().encode([Document.from_words([["\x01", "\x02"]])])
    assert encoded.subwords.ids.tolist() == [1, 1]


def test_an_endless_word_keeps_its_first_subwords_and_disturbs_no_other():
    (encoded,) = windower().encode([Document.from_words([["x" * 90, "ab", "cd" * 40]])])
    assert encoded.subwords.bounds.tolist() == [0, 8, 10, 18]
    assert encoded.subwords.ids[8:10].tolist() == [PIECES.index("a"), PIECES.index("##b")]


def test_the_mark_of_a_space_is_left_out_in_scripts_without_spaces():
    pieces = ["<unk>", "\u2581", "\u2581ab", "天", "气", ",", "☂"]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    (subwords,) = SubwordEncoder(tokenizer).subwords([WordSpans.of("ab天气，☂", [(0, 2), (2, 4), (4, 5), (5, 6)])])
    assert [pieces[number] for number in subwords.ids] == ["\u2581ab", "天", "气", ",", "\u2581", "☂"]
    assert subwords.bounds.tolist() == [0, 1, 3, 4, 6]


@given(
    words=st.lists(st.text(st.sampled_from("abc.'\x01\ufe0f"), min_size=1, max_size=12), max_size=60),
    window=st.integers(16, 40),
)
def test_every_word_has_one_first_subword_in_one_window(words, window):
    frame = windower(window=window, overlap=window // 4)
    (encoded,) = frame.encode([Document.from_words([words])] if words else [Document("")])
    seen: list[int] = []
    for part in encoded.windows:
        row, first = frame.row(encoded, part), frame.first_subwords(encoded, part)
        assert len(row) <= window
        assert (row[0], row[-1]) == (2, 3)
        starts = encoded.subwords.bounds[part.core_start : part.core_end]
        np.testing.assert_array_equal(row[first], encoded.subwords.ids[starts])
        seen += range(part.core_start, part.core_end)
    assert seen == list(range(len(words)))


def test_lower_casing_that_changes_length_leaves_offsets_alone():
    text = "in İstanbul x"
    (encoded,) = windower().encode([Document(text)])
    assert encoded.words.texts(0, 3) == ["in", "İstanbul", "x"]


def test_documents_are_encoded_as_if_each_were_alone():
    documents = [Document("ab c."), Document(""), Document("def @x")]
    together = windower().encode(documents)
    for document, encoded in zip(documents, together, strict=True):
        (alone,) = windower().encode([document])
        np.testing.assert_array_equal(encoded.subwords.ids, alone.subwords.ids)
        np.testing.assert_array_equal(encoded.subwords.bounds, alone.subwords.bounds)


def test_a_document_of_very_many_words_is_encoded_as_a_short_one_is():
    words = ["ab", "\x01", "cde", "x" * 90] * 5_000
    (encoded,) = windower().encode([Document.from_words([words])])
    (short,) = windower().encode([Document.from_words([words[:4]])])
    assert encoded.subwords.bounds.tolist()[:5] == short.subwords.bounds.tolist()
    assert encoded.subwords.ids.tolist() == short.subwords.ids.tolist() * 5_000
    assert np.diff(encoded.subwords.bounds).tolist() == np.diff(short.subwords.bounds).tolist() * 5_000


def test_sentences_become_ranges_of_words():
    document = Document.from_words([["a", "b"], ["c"], ["d", "e"]])
    (encoded,) = windower().encode([document])
    assert encoded.sentences == ((0, 2), (2, 3), (3, 5))


def test_words_outside_every_sentence_belong_to_the_one_before():
    document = Document("a b c d", sentences=(Sentence(start=2, end=3), Sentence(start=6, end=7)))
    (encoded,) = windower().encode([document])
    assert encoded.sentences == ((0, 1), (1, 3), (3, 4))


def test_a_tokenizer_with_ids_beyond_32_bits_is_refused():
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 2**31}, unk_token="[UNK]"))
    with pytest.raises(EncoderError, match="2,147,483,648"):
        SubwordEncoder(tokenizer).subwords([WordSpans.of("a", [(0, 1)])])
