"""How far the figure of the best trial is too high, and what may be said of it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from onoma.errors import InputError
from onoma.metrics import Interval, SeedsDifference
from onoma.tuning import Confirmation, Finalist, TrialRecord, TuneResult, choice_inflation, in_blocks, rank


def _trial(number, f1, *, state="finished", counts=None, is_default=False, **params):
    return TrialRecord(
        number=number, state=state, params=params or {"x": number}, f1=f1, shown_number=number, counts=counts,
        is_default=is_default,
    )  # fmt: skip


def _counts(rng, share, *, blocks=100, gold=20):
    correct = rng.binomial(gold, share, size=blocks)
    return [(int(each), gold, gold) for each in correct]


def _confirmation(best, defaults, *, low=0.01):
    value = float(np.mean(best) - np.mean(defaults))
    seeds = tuple(range(2, 2 + len(best)))
    difference = SeedsDifference(value=value, interval=Interval(low, value + 0.01), p=0.01)
    return Confirmation(seeds=seeds, best=tuple(best), defaults=tuple(defaults), difference=difference)


def _result(confirmation, *, best=None, defaults=None):
    counts = [(6, 10, 10)] * 20
    best = best or _trial(3, 0.66, counts=counts)
    defaults = defaults or _trial(0, 0.60, counts=counts, is_default=True)
    return TuneResult(
        trials=(defaults, best), best=best, runner_up=defaults, defaults=defaults, confirmation=confirmation
    )


def test_several_best_trials_are_only_named_where_there_are_several():
    only = _trial(0, 0.6, is_default=True)
    alone = TuneResult(trials=(only,), best=only, runner_up=None, defaults=only, confirmation=None)
    assert next(iter(alone.statements())).endswith("Best on dev: trial 0 with F1 60.00.")
    assert next(iter(_result(None).statements())).endswith("trial 3 with F1 66.00; the best 2 have 66.00, 60.00.")


def test_the_finalist_with_the_highest_mean_is_the_best():
    trials = [_trial(0, 0.60, is_default=True), _trial(1, 0.68), _trial(2, 0.66)]
    found = TuneResult.of(trials, notes=(), seconds=1.0)
    assert (found.best, found.runner_up) == (trials[1], trials[2])
    runs = [(0.60, 0.61), (0.68, 0.60), (0.66, 0.65)]
    chosen = found.choose([Finalist(trial, f1) for trial, f1 in zip(trials, runs, strict=True)])
    assert (chosen.best, chosen.runner_up) == (trials[2], trials[1])
    first, second, *_ = chosen.statements()
    assert "Best on dev: trial 1 with F1 68.00" in first
    assert second == (
        "Mean F1 of the best 3 trials with 2 seeds, that of the search included: trial 2 65.50, trial 1 64.00, "
        "trial 0 60.50. So trial 2 is the best."
    )
    assert [each.trial for each in chosen.finalists] == [trials[2], trials[1], trials[0]]


def test_the_original_run_may_be_the_best_over_the_seeds_only():
    trials = [_trial(0, 0.60, is_default=True), _trial(1, 0.61)]
    found = TuneResult.of(trials, notes=(), seconds=1.0)
    chosen = found.choose([Finalist(trials[0], (0.60, 0.61)), Finalist(trials[1], (0.61, 0.58))])
    assert (
        "No trial was better on dev over these seeds than the original run: keep the defaults." in chosen.statements()
    )


def test_json_has_the_numbers_that_the_sentences_have():
    parts = [replace(_trial(0, 0.6), is_default=True), _trial(1, None, state="given back")]
    continued = replace(_trial(2, 0.7), shown_number=1)
    found = TuneResult.of([*parts, continued], notes=(), seconds=1.0)
    assert "trial 1 with F1 70.00" in next(iter(found.statements()))
    described: Any = found.to_json()
    assert (described["best"], described["runner_up"], described["defaults"]) == (1, 0, 0)
    assert [(each["number"], each["storage_number"]) for each in described["trials"]] == [(0, 0), (1, 1), (1, 2)]


def test_a_finalist_whose_runs_have_failed_is_chosen_last():
    trials = [_trial(0, 0.60, is_default=True), _trial(1, 0.68)]
    found = TuneResult.of(trials, notes=(), seconds=1.0)
    chosen = found.choose([Finalist(trials[0], (0.60, 0.59)), Finalist(trials[1], (0.68,))])
    assert chosen.best.number == 0
    text = " ".join(replace(chosen, failures=("trial 1: does not fit in memory",)).statements())
    assert "with 2 seeds, that of the search included: trial 0 59.50, trial 1 68.00 with 1 seed only." in text
    assert "keep the defaults" in text
    assert "Runs with new seeds have failed: trial 1: does not fit in memory." in text


def test_the_ranking_has_finished_trials_with_different_values():
    trials = [
        _trial(0, 0.5),
        _trial(1, 0.9, state="pruned"),
        _trial(2, 0.7, y=1),
        _trial(3, 0.7, y=1),
        _trial(4, None, state="failed"),
        _trial(5, 0.7, y=2),
    ]
    assert [trial.number for trial in rank(trials)] == [2, 5, 0]


def test_choosing_among_equally_good_trials_adds_what_chance_makes():
    rng = np.random.default_rng(5)
    found, expected = [], []
    for _ in range(10):
        trials = [_trial(number, 0.5, counts=_counts(rng, 0.6)) for number in range(20)]
        found.append(choice_inflation(trials) or 0.0)
        f1 = [trial.array[:, 0].sum() / trial.array[:, 2].sum() for trial in trials]
        expected.append(max(f1) - 0.6)  # all are as good as 0.6, so what the best has beyond is chance
    assert np.mean(found) == pytest.approx(np.mean(expected), rel=0.25)


def test_a_trial_that_is_much_better_is_not_chosen_by_chance():
    rng = np.random.default_rng(5)
    trials = [_trial(number, 0.5, counts=_counts(rng, 0.3 if number else 0.8)) for number in range(20)]
    assert choice_inflation(trials) == pytest.approx(0, abs=0.003)


def test_what_hard_and_easy_halves_make_is_left_out():
    hard_and_easy = [(2, 20, 20)] * 50 + [(18, 20, 20)] * 50
    assert choice_inflation([_trial(number, 0.5, counts=hard_and_easy) for number in range(5)]) == 0


@pytest.mark.parametrize("counts", [None, [(1, 2, 2)] * 3])
def test_without_counts_or_with_a_small_dev_there_is_no_estimate(counts):
    assert choice_inflation([_trial(number, 0.5, counts=counts) for number in range(5)]) is None


def test_trials_that_divide_dev_into_other_documents_are_not_compared_block_by_block():
    rng = np.random.default_rng(6)
    trials = [_trial(number, 0.5, counts=_counts(rng, 0.6)) for number in range(5)]
    others = [_trial(number, 0.5, counts=_counts(rng, 0.6, gold=19)) for number in range(5, 9)]
    assert choice_inflation([*trials, *others]) == choice_inflation(trials)


def test_blocks_have_all_counts_and_are_few():
    counts = np.arange(3_000).reshape(1_000, 3)
    blocks = in_blocks(counts)
    assert len(blocks) == 200
    assert np.array_equal(np.sum(blocks, axis=0), counts.sum(axis=0))
    assert in_blocks(counts) == blocks
    assert len(in_blocks(counts[:7])) == 7


def test_the_noise_of_seeds_is_that_of_students_t():
    found = _confirmation([0.60, 0.62, 0.64], [0.58, 0.60, 0.62])
    assert found.seed_noise == pytest.approx(2.78 * math.sqrt(2 * 0.02**2 / 3))
    assert _confirmation([0.6], [0.5]).seed_noise == math.inf


@pytest.mark.parametrize(("seeds", "quantile"), [(2, 4.30), (7, 2.18), (8, 2.14), (9, 2.12), (10, 2.10), (20, 2.10)])
def test_the_noise_of_seeds_has_the_quantile_of_its_degrees_of_freedom(seeds, quantile):
    best = [0.6 + 0.01 * (number % 2) for number in range(seeds)]
    found = _confirmation(best, best)
    assert found.seed_noise == pytest.approx(quantile * math.sqrt(2 * np.var(best, ddof=1) / seeds))


def test_a_difference_beyond_all_noise_is_said_to_be_one():
    result = _result(_confirmation([0.65, 0.651, 0.652], [0.60, 0.601, 0.602]))
    assert (result.beats_seed_noise, result.holds_elsewhere) == (True, True)
    assert result.seed_inflation == pytest.approx(0.009)
    text = " ".join(result.statements())
    assert "65.10 ± 0.10" in text
    assert "-0.90 against the search" in text
    assert "better than the defaults by more than the noise of seeds, text and the choice" in text


@pytest.mark.parametrize("is_known", [False, True])
def test_nothing_is_claimed_for_other_text_where_the_effect_of_the_choice_is_unknown(is_known):
    counts = [(6, 10, 10)] * 20
    trials = [_trial(0, 0.60, counts=counts, is_default=True), _trial(1, 0.62, counts=counts), _trial(2, 0.59)]
    best = _trial(3, 0.66, counts=counts if is_known else None)
    confirmation = _confirmation([0.65, 0.651, 0.652], [0.60, 0.601, 0.602])
    result = replace(TuneResult.of([*trials, best], notes=(), seconds=1.0), confirmation=confirmation)
    assert result.holds_elsewhere is is_known
    text = " ".join(result.statements())
    assert ("Choosing among 3 of the 4 trials on this dev adds about 0.00" in text) is is_known
    assert ("could not be estimated" in text) is not is_known
    assert ("text and the choice" in text) is is_known


def test_a_difference_on_this_dev_alone_is_said_to_be_that():
    result = _result(_confirmation([0.65, 0.651, 0.652], [0.60, 0.601, 0.602], low=-0.01))
    assert (result.beats_seed_noise, result.holds_elsewhere) == (True, False)
    assert "on other text is not shown" in " ".join(result.statements())


def test_a_difference_within_the_noise_of_seeds_leaves_the_defaults():
    result = _result(_confirmation([0.64, 0.60, 0.62], [0.60, 0.62, 0.61]))
    assert not result.beats_seed_noise
    assert "the defaults are safe" in " ".join(result.statements())


def test_one_seed_claims_nothing():
    result = _result(_confirmation([0.7], [0.5]))
    assert not result.beats_seed_noise
    text = " ".join(result.statements())
    assert "With 1 new seed the" in text
    assert "the defaults are safe" not in text
    assert "For other text of this kind the interval is" in text
    assert "With 2 new seeds the" in " ".join(_result(_confirmation([0.7, 0.6], [0.5, 0.5])).statements())


def test_where_all_runs_with_new_seeds_have_failed_the_reasons_are_given():
    result = replace(_result(None), failures=("trial 3: does not fit in memory",))
    text = " ".join(result.statements())
    assert "Runs with new seeds have failed: trial 3: does not fit in memory." in text
    assert "No run with a new seed was made" not in text


def test_runs_that_the_time_limit_left_unfinished_are_mentioned():
    text = " ".join(replace(_result(None), unfinished=2).statements())
    assert "The time was up: 2 runs with new seeds are unfinished, so this result may change; --resume" in text
    assert "With no new seed have both runs finished" in text


def test_a_call_that_helps_another_claims_nothing():
    default = _trial(0, 0.7, is_default=True)
    for result in (_result(None), _result(None, best=default, defaults=default)):
        trials, last = replace(result, is_helper=True).statements()
        assert trials.startswith("Trials so far: ")
        assert last.startswith("Another call continues the search")


def test_without_new_seeds_nothing_is_claimed():
    text = " ".join(_result(None).statements())
    assert "too high by an unknown amount" in text
    assert "not known" in text


def test_where_nothing_is_better_the_defaults_stay():
    default = _trial(0, 0.7, is_default=True)
    result = _result(None, best=default, defaults=default)
    assert "keep the defaults" in " ".join(result.statements())


def test_json_has_no_infinity():
    import json

    text = json.dumps(_result(_confirmation([0.7], [0.5])).to_json(), allow_nan=False)
    assert json.loads(text)["confirmation"]["seed_noise"] is None


def test_where_no_trial_has_finished_the_reasons_of_failures_are_given():
    failed = [replace(_trial(number, None, state="failed"), reason="does not fit in memory") for number in range(2)]
    with pytest.raises(InputError, match=r"trials have failed:\n  does not fit in memory$"):
        TuneResult.of(failed, notes=(), seconds=1.0)
    with pytest.raises(InputError, match=r"give more --minutes or --trials, and --resume$"):
        TuneResult.of([_trial(0, None, state="waiting")], notes=(), seconds=1.0)
    with pytest.raises(InputError, match=r"from; other calls are running 1 trial$"):
        TuneResult.of([_trial(0, None, state="running")], notes=(), seconds=1.0)
