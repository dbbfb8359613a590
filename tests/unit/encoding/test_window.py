"""Windows: everything is covered once, nothing is too large, context is had where there is any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.encoding import Window, Windower, batch_by_length, cut_windows, pad
from onoma.text import Document
from onoma.training.config import ModelConfig
from support.wordpieces import wordpiece

sizes = st.lists(st.integers(1, 6), max_size=120)


@given(sizes=sizes, budget=st.integers(6, 40), share=st.floats(0, 0.5), data=st.data())
def test_every_word_is_in_the_core_of_exactly_one_window(sizes, budget, share, data):
    bounds = np.concatenate([[0], np.cumsum(np.asarray(sizes, dtype=np.int64))])
    breaks = sorted(data.draw(st.sets(st.integers(1, max(1, len(sizes) - 1)), max_size=10)))
    windows = cut_windows(bounds, budget=budget, overlap=int(budget * share), breaks=breaks)
    answered = [word for window in windows for word in range(window.core_start, window.core_end)]
    assert answered == list(range(len(sizes)))
    for window in windows:
        assert window.start <= window.core_start <= window.core_end <= window.end
        assert bounds[window.end] - bounds[window.start] <= budget


@given(words=st.integers(1, 400))
def test_words_far_from_the_ends_have_context_on_both_sides(words):
    bounds = np.arange(words + 1)
    for window in cut_windows(bounds, budget=60, overlap=20):
        if window.start > 0:
            assert window.core_start - window.start >= 9
        if window.end < words:
            assert window.end - window.core_end >= 9


@pytest.mark.parametrize("window", [3, 16, 20, 33])
def test_a_word_that_is_longer_than_a_window_is_shortened_to_fit(window):
    windower = Windower.of(wordpiece(), window=window, overlap=0)
    (encoded,) = windower.encode([Document("a " + "b" * 60 + " c")])
    for each in encoded.windows:
        row = windower.row(encoded, each)
        assert len(row) <= window
        assert all(0 < first < len(row) - 1 for first in windower.first_subwords(encoded, each))


def test_a_text_that_fits_is_one_window():
    (window,) = cut_windows(np.arange(11), budget=10, overlap=4)
    assert (window.start, window.end, window.core_start, window.core_end) == (0, 10, 0, 10)


def test_windows_end_rather_where_a_sentence_ends():
    windows = cut_windows(np.arange(101), budget=40, overlap=10, breaks=[35, 70])
    assert windows[0].core_end == 35


@given(seed=st.integers(0, 1_000), longest=st.integers(2, 200))
def test_a_long_text_costs_little_more_than_its_subwords(seed, longest):
    """With the default settings, special tokens included, whether sentences are short or long."""
    default, random = ModelConfig(), np.random.default_rng(seed)
    bounds = np.concatenate([[0], np.cumsum(random.integers(1, 3, 10_000))])
    breaks = frozenset(np.cumsum(random.integers(1, longest, 10_000)).tolist())
    windows = cut_windows(bounds, budget=default.window - 2, overlap=default.overlap, breaks=breaks)
    computed = sum(int(bounds[window.end] - bounds[window.start]) + 2 for window in windows)
    assert computed <= 1.15 * bounds[-1]


@given(prefix=st.integers(1, 200))
def test_most_windows_are_the_same_when_the_text_is_shifted(prefix):
    random = np.random.default_rng(5)
    bounds = np.concatenate([[0], np.cumsum(random.integers(1, 3, 10_000))])
    breaks = np.cumsum(random.integers(5, 30, 500))
    before = np.arange(prefix)
    shifted = np.concatenate([before, bounds + prefix])

    def places(windows: list[Window], first: int) -> set[tuple[int, int]]:
        return {(window.start - first, window.end - first) for window in windows}

    alone = places(cut_windows(bounds, budget=126, overlap=12, breaks=frozenset(breaks.tolist())), 0)
    behind = {prefix, *(breaks + prefix).tolist()}
    moved = places(cut_windows(shifted, budget=126, overlap=12, breaks=behind), prefix)
    assert len(alone & moved) > 0.85 * len(alone)


@given(words=st.integers(61, 400))
def test_the_last_window_is_not_short(words):
    windows = cut_windows(np.arange(words + 1), budget=60, overlap=20)
    assert windows[-1].end - windows[-1].start >= 20


def test_a_document_without_words_has_no_windows():
    assert cut_windows(np.zeros(1, dtype=np.int64), budget=10, overlap=2) == []


@given(lengths=st.lists(st.integers(1, 50), max_size=60), budget=st.integers(1, 200))
def test_batches_hold_everything_once_and_fill_the_budget(lengths, budget):
    batches = list(batch_by_length(lengths, budget=budget))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[position] for position in batch) <= budget
    for batch in batches[:-1]:
        assert (len(batch) + 1) * max(lengths[position] for position in batch) > budget


def test_padding_is_masked():
    padded, mask = pad([np.asarray([1, 2, 3], dtype=np.int32), np.asarray([4], dtype=np.int32)], filler=9)
    assert padded.tolist() == [[1, 2, 3], [4, 9, 9]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
