"""Masks: the shares of the paper, whole words, spans, and nothing that must not be masked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.pretraining.masking import Masking, Unit

VOCABULARY, SPECIAL, MASK = 400, 5, 4
MASKABLE = np.arange(VOCABULARY) >= SPECIAL
CONTINUES = np.arange(VOCABULARY) >= 250
"""Ids from 250 on continue a word."""

UNITS: tuple[Unit, ...] = ("subwords", "words", "spans")


def masking(unit: Unit) -> Masking:
    return Masking(unit=unit, mask_id=MASK, maskable=MASKABLE, continues=CONTINUES)


def sequences(count: int, length: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences with a special token at both ends."""
    random = np.random.default_rng(seed)
    ids = random.integers(SPECIAL, VOCABULARY, size=(count, length))
    ids[:, 0], ids[:, -1] = 2, 3
    return ids.flatten(), np.repeat(np.arange(count), length)


@pytest.mark.parametrize("unit", UNITS)
def test_the_shares_are_those_of_the_paper(unit):
    ids, owners = sequences(2_000, 64, seed=1)
    found = masking(unit)(ids, owners, rate=0.15, random=np.random.default_rng(2))
    maskable = MASKABLE[ids].sum()
    assert len(found.places) / maskable == pytest.approx(0.15, rel=0.01)
    new = found.ids[found.places]
    assert (new == MASK).mean() == pytest.approx(0.8, abs=0.01)
    assert (new == found.targets).mean() == pytest.approx(0.1, abs=0.01)
    assert ((new != MASK) & (new != found.targets)).mean() == pytest.approx(0.1, abs=0.01)


@given(unit=st.sampled_from(UNITS), seed=st.integers(0, 1_000), rate=st.floats(0.01, 0.9))
def test_only_what_is_predicted_changes(unit, seed, rate):
    ids, owners = sequences(3, 20, seed=seed)
    found = masking(unit)(ids, owners, rate=rate, random=np.random.default_rng(seed))
    assert (np.diff(found.places) > 0).all()
    assert (found.targets == ids[found.places]).all()
    assert MASKABLE[found.targets].all()
    others = np.setdiff1d(np.arange(len(ids)), found.places)
    assert (found.ids[others] == ids[others]).all()
    replaced = found.ids[found.places]
    assert (MASKABLE[replaced] | (replaced == MASK)).all()


def test_a_sequence_of_subwords_has_its_share_to_within_one():
    ids, owners = sequences(50, 42, seed=3)
    found = masking("subwords")(ids, owners, rate=0.15, random=np.random.default_rng(4))
    counts = np.bincount(owners[found.places], minlength=50)
    assert set(counts.tolist()) <= {5, 6, 7}


@given(seed=st.integers(0, 1_000))
def test_a_word_is_masked_whole_or_not_at_all(seed):
    ids, owners = sequences(4, 30, seed=seed)
    found = masking("words")(ids, owners, rate=0.3, random=np.random.default_rng(seed))
    chosen = np.isin(np.arange(len(ids)), found.places)
    inside = CONTINUES[ids[1:]] & MASKABLE[ids[:-1]]
    assert (chosen[1:] == chosen[:-1])[inside].all()


def test_spans_go_over_words_but_not_over_special_tokens():
    ids, owners = sequences(400, 64, seed=5)
    ids.reshape(400, 64)[:, 30] = 3
    found = masking("spans")(ids, owners, rate=0.15, random=np.random.default_rng(6))
    chosen = np.isin(np.arange(len(ids)), found.places)
    words = np.cumsum(~CONTINUES[ids])
    runs = np.split(found.places, np.flatnonzero(np.diff(found.places) > 1) + 1)
    lengths = [words[run[-1]] - words[run[0]] + 1 for run in runs]
    assert 2.0 < np.mean(lengths) < 4.5
    assert not chosen[~MASKABLE[ids]].any()


def test_spans_are_as_long_as_in_the_paper():
    """A geometric distribution without its tail, not with the tail at its end: 3.8 words (Joshi et al. 2020, 3.1)."""
    ids = np.random.default_rng(8).integers(SPECIAL, 250, size=400_000)
    found = masking("spans")(ids, np.zeros(len(ids), dtype=int), rate=0.01, random=np.random.default_rng(9))
    runs = np.split(found.places, np.flatnonzero(np.diff(found.places) > 1) + 1)
    lengths = np.array([len(run) for run in runs])
    shares = np.bincount(lengths, minlength=11)[1:11] / len(runs)
    wanted = 0.2 * 0.8 ** np.arange(10)
    np.testing.assert_allclose(shares, wanted / wanted.sum(), atol=0.04)
    assert 3.6 < lengths.mean() < 4.1


def test_masks_are_decided_by_the_source_alone():
    ids, owners = sequences(5, 30, seed=7)
    once, again, other = (
        masking("words")(ids, owners, rate=0.15, random=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (once.ids == again.ids).all()
    assert not np.array_equal(once.places, other.places)
