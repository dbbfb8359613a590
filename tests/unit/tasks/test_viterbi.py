"""The best sequence, found around breaks only, held against the recursion over all words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onoma.schemes import SCHEMES
from onoma.tasks import TagTask, Transitions, best_tags


def full_recursion(scores, transitions):
    step, start, end = transitions.step, transitions.start, transitions.end
    best, came_from = scores[0] + start, []
    for row in scores[1:]:
        paths = best[:, None] + step
        came_from.append(paths.argmax(axis=0))
        best = paths.max(axis=0) + row
    tags = [int((best + end).argmax())]
    for back in reversed(came_from):
        tags.append(int(back[tags[-1]]))
    return tags[::-1]


@pytest.mark.parametrize("name", ["BIO", "BIOES"])
@given(seed=st.integers(0, 10_000), words=st.integers(1, 120), certainty=st.sampled_from([0.0, 2.0, 6.0]))
def test_best_tags_equal_those_of_the_full_recursion(name, seed, words, certainty):
    scheme = SCHEMES[name]
    tags = scheme.tags(("A", "B"))
    transitions = Transitions.of(scheme, tags)
    scores = np.random.default_rng(seed).normal(scale=2, size=(words, len(tags)))
    scores[:, 0] += certainty
    assert best_tags(scores, transitions).tolist() == full_recursion(scores, transitions)


def test_a_violation_may_change_tags_far_away():
    """All words are inside; only the first one can say that an entity begins, and the last one is where it breaks."""
    transitions = Transitions.of(SCHEMES["BIO"], ("O", "B-A", "I-A", "B-B", "I-B"))
    scores = np.full((60, 5), -9.0)
    scores[:, 2], scores[:, 4] = 1.0, 0.9
    scores[0], scores[-1] = (-9, 1, -9, 1, -9), (-99, -99, -99, -99, 9)
    assert best_tags(scores, transitions).tolist() == full_recursion(scores, transitions) == [3, *[4] * 59]


@settings(max_examples=15)
@given(seed=st.integers(0, 1_000), arriving=st.lists(st.integers(1, 3_000), min_size=1, max_size=5))
def test_a_long_sentence_may_be_decoded_as_it_arrives(seed, arriving):
    task = TagTask(["A", "B"], scheme=SCHEMES["BIO"])
    scores = np.random.default_rng(seed).normal(scale=3, size=(sum(arriving), 5)).astype(np.float32)
    scores[:, 0] += 6
    whole = task.decode([scores])[0].spans
    found, first, reached = [], 0, 0
    for words in arriving:
        reached += words
        settled = task.settled(scores[first:reached])
        chunks = task.decode([scores[first : first + settled]])[0].spans
        found += [chunk._replace(start=chunk.start + first, end=chunk.end + first) for chunk in chunks]
        first += settled
    chunks = task.decode([scores[first:]])[0].spans
    found += [chunk._replace(start=chunk.start + first, end=chunk.end + first) for chunk in chunks]
    assert [chunk[:3] for chunk in found] == [chunk[:3] for chunk in whole]
    np.testing.assert_allclose([chunk.score for chunk in found], [chunk.score for chunk in whole], atol=1e-12)


def test_certain_but_forbidden_tags_still_have_probabilities():
    task = TagTask(["A"], scheme=SCHEMES["BIOES"])
    scores = np.full((500, 5), -1e4)
    scores[:, task.tags.index("I-A")] = 1e4
    (chunk,) = task.decode([scores])[0].spans
    assert chunk[:3] == (0, 500, "A")
    assert chunk.score == pytest.approx(1.0)
