"""Sequences out of sentences: nothing lost, nothing too long, pairs that are what their label says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.models import IGNORED
from onoma.pretraining.sequences import FALSE_PAIR, TRUE_PAIR, SentencePairs, Sequences, make_sequences, shards_of
from onoma.pretraining.tokenized import TokenizedText

WINDOW = 24


def text_of(documents: list[list[int]]) -> TokenizedText:
    """A text whose documents have sentences of these lengths; each subword is its own place."""
    lengths = [length for document in documents for length in document]
    sentences = np.cumsum([0, *lengths])
    return TokenizedText(
        ids=np.arange(sentences[-1], dtype=np.uint16),
        sentences=sentences,
        documents=np.cumsum([0, *map(len, documents)]),
    )


def made(text: TokenizedText, *, pairs: SentencePairs, window: int = WINDOW, seed: int = 1) -> Sequences:
    sentences = range(len(text.sentences) - 1)
    return make_sequences(text, sentences, pairs=pairs, window=window, random=np.random.default_rng(seed))


documents = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=8), min_size=2, max_size=12)


@given(documents, st.integers(0, 99))
def test_full_sentences_hold_every_subword_once(lengths, seed):
    text = text_of(lengths)
    found = made(text, pairs="none", seed=seed)
    places = [place for segments in found.segments for start, end in segments for place in range(start, end)]
    assert sorted(places) == list(range(text.subwords))
    assert set(found.pairs) == {IGNORED}


@given(documents, st.sampled_from(["next", "order", "none"]), st.integers(0, 99))
def test_no_sequence_is_longer_than_the_window(lengths, pairs, seed):
    found = made(text_of(lengths), pairs=pairs, seed=seed)
    assert found.lengths().max() <= WINDOW
    assert all(start < end for segments in found.segments for start, end in segments)


@given(documents, st.integers(0, 99))
def test_a_segment_is_of_one_document(lengths, seed):
    text = text_of(lengths)
    for segments in made(text, pairs="next", seed=seed).segments:
        assert all(text.document_of(start) == text.document_of(end - 1) for start, end in segments)


def test_true_pairs_follow_and_false_ones_are_of_another_document():
    text = text_of([[5, 6, 7, 8, 9]] * 40)
    found = made(text, pairs="next", window=64)
    judged = [(segments, pair) for segments, pair in zip(found.segments, found.pairs, strict=True) if pair != IGNORED]
    for ((_, end), (start, _)), pair in judged:
        if pair == TRUE_PAIR:
            assert start == end
        else:
            assert text.document_of(start) != text.document_of(end - 1)
    assert len(judged) > 30


def test_half_of_the_pairs_are_true():
    text = text_of([[5, 6, 7, 8, 9]] * 400)
    pairs = np.array(made(text, pairs="next").pairs)
    judged = pairs[pairs != IGNORED]
    assert (judged == TRUE_PAIR).mean() == pytest.approx(0.5, abs=0.01)


def test_the_order_of_sentences_is_exchanged_in_half_of_the_pairs():
    text = text_of([[5, 6, 7, 8]] * 200)
    found = made(text, pairs="order")
    for segments, pair in zip(found.segments, found.pairs, strict=True):
        if pair != IGNORED:
            (first, _), (second, _) = segments
            assert (first < second) == (pair == TRUE_PAIR)
    assert 0 < found.pairs.count(FALSE_PAIR) - found.pairs.count(TRUE_PAIR) + 2 <= 4


def test_sentences_that_cannot_be_paired_are_not_lost():
    text = text_of([[6], [7], [4, 5], [9]])
    found = made(text, pairs="next", window=64)
    places = {place for segments in found.segments for start, end in segments for place in range(start, end)}
    assert {0, 6, 22} <= places
    assert IGNORED in found.pairs


def test_sequences_are_new_with_another_source():
    text = text_of([[5, 6, 7, 8, 9]] * 40)
    assert made(text, pairs="next", seed=1).segments == made(text, pairs="next", seed=1).segments
    assert made(text, pairs="next", seed=1).segments != made(text, pairs="next", seed=2).segments


@given(documents, st.integers(1, 100))
def test_shards_are_all_sentences_in_order(lengths, subwords):
    text = text_of(lengths)
    shards = shards_of(text, subwords=subwords)
    assert [sentence for shard in shards for sentence in shard] == list(range(len(text.sentences) - 1))
