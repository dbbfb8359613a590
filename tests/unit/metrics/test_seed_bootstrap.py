"""Mean F1 over seeds: its interval, and whether two systems differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onoma.errors import InputError
from onoma.metrics import compare_over_seeds, mean_f1_interval

UNITS, GOLD = 60, 5


def run(found: float, *, seed: int) -> np.ndarray:
    """Counts of a system that finds each entity with a probability, and predicts as many as there are."""
    correct = np.random.default_rng(seed).binomial(GOLD, found, size=UNITS)
    return np.stack([correct, np.full(UNITS, GOLD), np.full(UNITS, GOLD)], axis=1)


def f1(counts: np.ndarray) -> float:
    correct, predicted, gold = counts.sum(axis=0)
    return float(2 * correct / (predicted + gold))


def runs(found: float, *, first: int, count: int = 3) -> list[np.ndarray]:
    return [run(found, seed=first + number) for number in range(count)]


def test_equal_systems_do_not_differ():
    ours = runs(0.6, first=0)
    found = compare_over_seeds(ours, ours)
    assert (found.value, found.p) == (0, 1)
    assert found.interval == (0, 0)


def test_a_large_difference_is_no_luck():
    found = compare_over_seeds(runs(0.8, first=0), runs(0.4, first=10))
    assert found.value == pytest.approx(0.4, abs=0.05)
    assert found.p < 0.01
    assert found.interval.low > 0.25


def test_differences_of_the_size_of_chance_are_found_about_as_often_as_the_level_says():
    ps = [
        compare_over_seeds(runs(0.6, first=20 * draw), runs(0.6, first=20 * draw + 10), rounds=300).p
        for draw in range(60)
    ]
    assert sum(p < 0.05 for p in ps) <= 9


def noisy(share: float, *, seeds: int, text_noise: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Runs of a system with deviations of seeds, and with those of units of text, which all its runs have."""
    gold = np.full(UNITS, 10_000)
    texts = rng.normal(0, text_noise, size=UNITS)
    correct = [(gold * (share + seed + texts)).astype(int) for seed in rng.normal(0, 0.01, size=seeds)]
    return [np.stack([each, gold, gold], axis=1) for each in correct]


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("relative_text_noise", [0, 1])
def test_equal_systems_with_few_seeds_seldom_seem_to_differ(seeds, relative_text_noise):
    rng = np.random.default_rng(seeds)
    text_noise = relative_text_noise * 0.01 * np.sqrt(UNITS / seeds)  # as much in the mean as the seeds make
    ps = [
        compare_over_seeds(*(noisy(0.7, seeds=seeds, text_noise=text_noise, rng=rng) for _ in range(2)), rounds=200).p
        for _ in range(150)
    ]
    assert sum(p < 0.05 for p in ps) <= 14  # 7.5 are expected, and more than 14 in one of 100 simulations


@given(st.floats(0.05, 0.95), st.integers(1, 5), st.integers(0, 1_000))
@settings(max_examples=30)
def test_the_interval_holds_the_mean(found, count, seed):
    of = runs(found, first=seed, count=count)
    low, high = mean_f1_interval(of, rounds=300)
    assert 0 <= low <= np.mean([f1(each) for each in of]) <= high <= 1


def test_the_interval_ends_at_zero_and_at_one():
    perfect, good = run(1.0, seed=1), run(0.8, seed=1)
    assert mean_f1_interval([perfect, good]).high == 1
    assert mean_f1_interval([run(0.0, seed=1), run(0.2, seed=1)]).low == 0


def test_seeds_that_disagree_widen_the_interval():
    alike = [run(0.5, seed=1)] * 4
    apart = [run(0.3, seed=1), run(0.3, seed=2), run(0.7, seed=3), run(0.7, seed=4)]
    narrow, wide = mean_f1_interval(alike), mean_f1_interval(apart)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_seeds_are_paired_in_their_order():
    bad, good = run(0.3, seed=1), run(0.8, seed=2)
    paired = compare_over_seeds([bad, good], [bad, good])
    crossed = compare_over_seeds([bad, good], [good, bad])
    assert paired.value == crossed.value == 0
    assert paired.interval.high - paired.interval.low == 0
    assert crossed.interval.high - crossed.interval.low > 0.5


def test_the_difference_turns_with_the_systems():
    ours, theirs = runs(0.7, first=0), runs(0.6, first=10)
    there, back = compare_over_seeds(ours, theirs), compare_over_seeds(theirs, ours)
    assert there.value == pytest.approx(-back.value)
    assert there.p == pytest.approx(back.p, abs=0.01)
    assert there.interval.low == pytest.approx(-back.interval.high, abs=0.01)


def test_other_gold_is_refused():
    ours = runs(0.6, first=0)
    theirs = [np.concatenate([each[1:], each[:1] + 1]) for each in ours]
    with pytest.raises(InputError, match="same gold entities"):
        compare_over_seeds(ours, theirs)


def test_systems_with_other_units_of_the_same_text_are_compared_less_sharply():
    ours, theirs = runs(0.7, first=0), runs(0.6, first=10)
    joined = [each.reshape(-1, 3, 3).sum(axis=1) for each in theirs]
    paired, unpaired = compare_over_seeds(ours, theirs), compare_over_seeds(ours, joined)
    assert unpaired.value == pytest.approx(paired.value)
    assert unpaired.interval.low < unpaired.value < unpaired.interval.high
    assert compare_over_seeds(ours, [each.reshape(-1, 3, 3).sum(axis=1) for each in ours]).p == 1
