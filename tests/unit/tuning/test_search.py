"""Processes that take trials: they die, fail, run out of time, and nothing finished is done again."""

from __future__ import annotations

import pytest

from onoma.errors import InputError, TrainingError
from onoma.tuning import (
    Budget,
    OthersRunning,
    SearchForecast,
    Study,
    TrialBegun,
    TrialEnded,
    TrialRecord,
    WorkerDied,
    run_search,
)
from onoma.tuning.budget import BudgetTracker
from onoma.tuning.search import _check_failures
from support.searching import FIRST, marks, reach, settings_in


def _search(settings, *, trials=None, seconds=None, runs=0, processes=1, waits=False, **context):
    return list(
        run_search(
            settings,
            train=reach,
            context=context,
            budget=Budget(trials=trials, seconds=seconds, runs=runs),
            processes=processes,
            waits=waits,
        )
    )


def _of(events, kind):
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.slow
def test_two_processes_do_the_trials_of_one_study(tmp_path):
    settings = settings_in(tmp_path)
    events = _search(settings, trials=8, processes=2)
    records = [record for record in Study(settings).records() if record.state != "given back"]
    assert [record.state for record in records] == ["finished"] * 8
    assert sorted(event.number for event in _of(events, TrialBegun)) == sorted(each.number for each in records)
    assert records[0].params == FIRST
    assert _search(settings, trials=8) == []  # nothing is left to do


@pytest.mark.slow
def test_a_trial_whose_process_is_killed_is_tried_again_and_then_fails(tmp_path):
    settings = settings_in(tmp_path)
    with marks(tmp_path) as deaths:
        events = _search(settings, trials=3, dying=1, deaths=2, marks=deaths)
    how = "signal 9, probably for lack of memory"
    assert _of(events, WorkerDied) == [WorkerDied(how, 1, repeats=True), WorkerDied(how, 1, repeats=False)]
    ended = {event.record.shown_number: event.record for event in _of(events, TrialEnded)}
    assert sorted(ended) == [0, 1, 2]
    assert (ended[1].state, ended[1].reason[:30]) == ("failed", "its process has died 2 times, ")
    states = {record.shown_number: record.state for record in Study(settings).records()}
    assert states == {0: "finished", 1: "failed", 2: "finished"}


@pytest.mark.slow
def test_a_trial_whose_process_is_killed_once_finishes(tmp_path):
    settings = settings_in(tmp_path)
    with marks(tmp_path) as deaths:
        _search(settings, trials=3, dying=1, deaths=1, marks=deaths)
    finished = [record for record in Study(settings).records() if record.state == "finished"]
    assert sorted(record.shown_number for record in finished)[:2] == [0, 1]
    assert len(finished) == 3


@pytest.mark.slow
def test_a_search_all_of_whose_processes_die_ends_with_their_reasons(tmp_path, monkeypatch):
    monkeypatch.setattr("onoma.tuning.search._FIRST_FAILURES", 1)
    with marks(tmp_path) as deaths, pytest.raises(TrainingError, match="its process has died 2 times"):
        _search(settings_in(tmp_path), trials=5, dying=0, deaths=2, marks=deaths)


def test_no_more_processes_are_started_than_trials_are_left(tmp_path, monkeypatch):
    started = list[int]()

    def start(*_: object, **named: int) -> None:
        started.append(named["threads"])
        raise TrainingError("none is started here")

    monkeypatch.setattr("onoma.tuning.search.TrialWorker", start)
    monkeypatch.setattr("onoma.tuning.search.available_cores", lambda: 8)
    with pytest.raises(TrainingError, match="none is started"):
        _search(settings_in(tmp_path), trials=2, processes=8)
    assert started == [4]  # threads: the cores are shared by two processes


@pytest.mark.slow
def test_of_equally_good_trials_the_first_is_the_best(tmp_path):
    ended = _of(_search(settings_in(tmp_path), trials=3, f1=0.0), TrialEnded)
    assert [event.best for event in ended] == [True, False, False]


@pytest.mark.slow
def test_a_search_all_of_whose_trials_fail_ends_with_their_reasons(tmp_path, monkeypatch):
    monkeypatch.setattr("onoma.tuning.search._FIRST_FAILURES", 1)
    with pytest.raises(TrainingError, match="does not fit in memory"):
        _search(settings_in(tmp_path), trials=5, failing=0)


def test_whoever_waits_sees_the_trials_of_other_calls(tmp_path, monkeypatch):
    settings = settings_in(tmp_path)
    other = Study(settings).begin(1)
    assert other is not None
    monkeypatch.setattr("onoma.tuning.search.time.sleep", lambda _: other.finish(0.5, seconds=1.0, counts=None))
    assert _of(_search(settings, trials=1, waits=True), OthersRunning) == [OthersRunning(1)]


@pytest.mark.slow
def test_a_storage_that_goes_away_ends_the_search(tmp_path):
    settings = settings_in(tmp_path)
    events = run_search(
        settings, train=reach, context={}, budget=Budget(trials=50, seconds=None, runs=0), processes=1, waits=False
    )
    with pytest.raises(InputError, match="the storage"):
        _destroy_after_a_trial(events, tmp_path / "study.db")


def _destroy_after_a_trial(events, database):
    for event in events:
        if isinstance(event, TrialEnded):
            database.write_bytes(b"this is no database any more" * 1000)


def _record(number, seconds, state="finished"):
    return TrialRecord(number=number, state=state, params={}, f1=0.5, seconds=seconds, shown_number=number)


def test_failures_end_a_search_only_where_no_other_trial_goes_well():
    failed = [_record(number, 1.0, "failed") for number in (1, 2, 3)]
    for state in ("finished", "pruned", "running"):
        _check_failures([_record(0, 1.0, state), *failed])
    with pytest.raises(TrainingError, match="the first 3 trials have failed"):
        _check_failures([_record(0, 1.0, "given back"), *failed])


def test_the_plan_keeps_time_for_the_runs_with_new_seeds():
    clock = BudgetTracker(Budget(trials=None, seconds=3_600, runs=6), 1)
    assert clock.may_begin([])
    found = clock.forecast([_record(0, 180.0)])
    assert found == SearchForecast(
        seconds=180.0, trials=1 + (3_600 - 6 * 180) // 180 - 1, runs=6, seconds_left=found.seconds_left
    )
    assert found.seconds_left == pytest.approx(3_600 - 180, abs=200)


def test_the_search_has_at_least_half_of_the_time():
    clock = BudgetTracker(Budget(trials=None, seconds=600, runs=6), 1)
    assert clock.left([_record(0, 300.0)]) == pytest.approx(300, abs=1)


def test_no_trial_is_begun_that_would_not_end_in_time():
    clock = BudgetTracker(Budget(trials=None, seconds=100, runs=0), 1)
    assert clock.may_begin([_record(0, 90.0)])
    assert not clock.may_begin([_record(0, 110.0)])


def test_with_trials_alone_the_plan_says_how_long_they_take():
    clock = BudgetTracker(Budget(trials=20, seconds=None, runs=6), 2)
    found = clock.forecast([_record(0, 60.0), _record(1, 20.0, "pruned"), _record(2, 60.0)])
    assert (found.trials, found.seconds) == (20, 60.0)
    assert found.seconds_left == pytest.approx(17 * 60 / 2 + 6 * 60 / 2)
