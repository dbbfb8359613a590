"""Words from memory: the subwords are those that the tokenizer gives, whatever came before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.encoding import SubwordEncoder, WordSpans
from onoma.encoding.subword_cache import SubwordCache, Subwords
from support.tiny import byte_level
from support.wordpieces import wordpiece

texts = st.lists(st.text(st.sampled_from("abcÉ.'\x01\ufe0f東"), min_size=1, max_size=9), min_size=1, max_size=30)


def spelled(words: list[str]) -> Subwords:
    """A subword for each character, its code point."""
    ids = np.asarray([ord(sign) for word in words for sign in word], dtype=np.int32)
    return Subwords(ids, np.cumsum([0, *map(len, words)]))


class Recorder:
    """Spells words and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, words: list[str]) -> Subwords:
        self.asked += words
        return spelled(words)


@given(runs=st.lists(texts, max_size=5))
def test_cached_words_keep_their_order(runs):
    cache = SubwordCache(spelled)
    for words in runs:
        found, expected = cache.subwords(words), spelled(words)
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.bounds.tolist() == expected.bounds.tolist()


def test_a_word_is_encoded_once():
    record = Recorder()
    cache = SubwordCache(record)
    for _ in range(3):
        cache.subwords(["Ada", "met", "Ada"])
    assert sorted(record.asked) == ["Ada", "met"]


def test_the_cache_is_cleared_when_it_holds_too_many_words():
    record = Recorder()
    cache = SubwordCache(record)
    cache.subwords(["Ada"])
    cache.subwords(["x" * 1_000_000])
    assert cache.subwords(["Ada"]).ids.tolist() == spelled(["Ada"]).ids.tolist()
    assert record.asked.count("Ada") == 2


@pytest.mark.parametrize("make", [wordpiece, byte_level, lambda: byte_level(add_prefix_space=True)])
@given(words=texts)
def test_a_word_among_others_is_encoded_as_if_alone(make, words):
    """What the cache relies on."""
    tokenizer = make()
    tokenizer.no_truncation()
    tokenizer.no_padding()
    together = tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False).ids
    alone = [tokenizer.encode([word], is_pretokenized=True, add_special_tokens=False).ids for word in words]
    assert together == [number for ids in alone for number in ids]


def test_the_tokenizer_gets_only_the_beginning_of_a_very_long_word():
    subword_encoder = SubwordEncoder(byte_level())
    short, long = subword_encoder.subwords([WordSpans.of("x" * length, [(0, length)]) for length in (5_000, 3_000_000)])
    assert short.ids.tolist() == long.ids.tolist()
    assert len(long.ids) == subword_encoder.longest_word
