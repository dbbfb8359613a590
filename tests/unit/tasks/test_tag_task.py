"""Decoding held against brute force over every allowed tag sequence."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.schemes import SCHEMES, decode_tags
from onoma.tasks import Lattice, TagTask, Transitions, best_tags


def _every_reading(scores, scheme, tags):
    """Every allowed sequence of tag numbers with its share of the probability."""
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    readings = {}
    for numbers in itertools.product(range(len(tags)), repeat=len(scores)):
        if not decode_tags([tags[number] for number in numbers], scheme).repairs:
            readings[numbers] = np.prod([row[number] for row, number in zip(probabilities, numbers, strict=True)])
    total = sum(readings.values())
    return {numbers: weight / total for numbers, weight in readings.items()}


@given(seed=st.integers(0, 10_000), words=st.integers(1, 4), name=st.sampled_from(["BIO", "BIOES", "BILOU"]))
def test_best_sequence_and_span_scores_equal_brute_force(seed, words, name):
    scheme = SCHEMES[name]
    task = TagTask(["A", "B"] if name == "BIO" else ["A"], scheme=scheme)
    scores = np.random.default_rng(seed).normal(scale=2, size=(words, len(task.tags))).astype(np.float32)
    readings = _every_reading(scores.astype(np.float64), scheme, task.tags)
    best = max(readings, key=readings.get)
    chunks = decode_tags([task.tags[number] for number in best], scheme).chunks

    found = task.decode([scores])[0].spans

    assert [chunk[:3] for chunk in found] == [tuple(chunk) for chunk in chunks]
    for chunk in found:
        share = sum(
            weight
            for numbers, weight in readings.items()
            if chunk[:3] in [tuple(one) for one in decode_tags([task.tags[n] for n in numbers], scheme).chunks]
        )
        assert chunk.score == pytest.approx(share, abs=1e-9)


@given(seed=st.integers(0, 10_000), lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_neighbours_in_a_batch_change_nothing(seed, lengths):
    task = TagTask(["A", "B"], scheme=SCHEMES["BIO"])
    random = np.random.default_rng(seed)
    sentences = [random.normal(scale=3, size=(length, 5)) for length in lengths]
    alone = [task.decode([sentence])[0].spans for sentence in sentences]
    together = [reading.spans for reading in task.decode(sentences)]
    assert [[chunk[:3] for chunk in one] for one in alone] == [[chunk[:3] for chunk in one] for one in together]
    np.testing.assert_allclose(
        [chunk.score for one in alone for chunk in one], [chunk.score for one in together for chunk in one], atol=1e-12
    )


def test_certain_tags_give_a_certain_span():
    task = TagTask(["A"], scheme=SCHEMES["BIO"])
    scores = np.full((3, 3), -50.0)
    scores[[0, 1, 2], [0, 1, 2]] = 50.0
    (chunk,) = task.decode([scores])[0].spans
    assert chunk[:3] == (1, 3, "A")
    assert chunk.score == pytest.approx(1.0)


def test_scores_that_no_sequence_allows_still_give_an_allowed_sequence():
    """Inside tags alone begin no entity under BIO: the best allowed reading is found all the same."""
    task = TagTask(["A"], scheme=SCHEMES["BIO"])
    scores = np.array([[-1e4, -2e4, 1e4], [-1e4, -1e4, 1e4]])
    (chunk,) = task.decode([scores])[0].spans
    assert chunk[:3] == (0, 2, "A")
    assert chunk.score == pytest.approx(1.0)
    best = best_tags(scores, Transitions.of(SCHEMES["BIO"], task.tags))
    assert [task.tags[number] for number in best] == ["B-A", "I-A"]


def test_long_sentences_do_not_underflow():
    task = TagTask(["A", "B"], scheme=SCHEMES["BIO"])
    scores = np.random.default_rng(0).normal(scale=5, size=(20_000, 5))
    found = task.decode([scores])[0].spans
    assert found
    assert all(0 < chunk.score <= 1 for chunk in found)


def test_forward_and_backward_agree_at_every_word():
    transitions = Transitions.of(SCHEMES["BIOES"], SCHEMES["BIOES"].tags(("A", "B")))
    random = np.random.default_rng(1)
    sentences = [random.dirichlet(np.ones(9), size=length) for length in (1, 4, 7)]
    lattice = Lattice.over(sentences, transitions)
    for row, length in enumerate(lattice.lengths):
        mass = (lattice.arriving * lattice.emissions * lattice.leaving[:, :-1])[row, :length].sum(axis=1)
        np.testing.assert_allclose(mass, 1.0, atol=1e-12)


def test_a_score_is_the_same_to_the_last_bit_whatever_else_is_decoded():
    random = np.random.default_rng(1)
    task = TagTask(["PER", "LOC", "ORG", "MISC"], scheme=SCHEMES["BIO"])
    sentences = [random.normal(scale=4, size=(words, 9)).astype(np.float32) for words in random.integers(1, 40, 60)]
    together = [prediction.spans for prediction in task.decode(sentences)]
    assert together == [task.decode([scores])[0].spans for scores in sentences]
