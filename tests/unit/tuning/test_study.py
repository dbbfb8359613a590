"""Trials are shared, never repeated and never lost, and a study is only continued as what it began as."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest

from onoma.errors import ConfigError, InputError, TrainingError
from onoma.tuning import Choice, SearchSpace, Study, quiet, shown_storage
from onoma.tuning.worker_identity import this_worker
from support.postgresql import server, why_not
from support.searching import FIRST, HEAD, RATE, SPACE, delete_study, die_with_a_trial, search_here, settings_in

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")


@pytest.fixture(scope="module")
def postgresql():
    if reason := why_not():
        pytest.skip(reason)
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "journal", "postgresql"])
def settings(request, tmp_path):
    if request.param == "sqlite":
        yield settings_in(tmp_path)
    elif request.param == "journal":
        yield settings_in(tmp_path, storage=f"journal:{tmp_path / 'study.log'}")
    else:
        url = request.getfixturevalue("postgresql")
        yield settings_in(tmp_path, storage=url)
        delete_study(url, "onoma")


def _die():
    raise KeyboardInterrupt


def _used(records):
    return [record for record in records if record.state != "given back"]


def test_the_first_trial_is_the_run_as_it_is(settings):
    first, *others = search_here(settings, most=4)
    assert (first.params, first.is_default, first.state) == (FIRST, True, "finished")
    assert len(others) == 3
    assert not any(other.is_default or other.params == FIRST for other in others)


def test_a_run_outside_of_the_space_is_no_trial(tmp_path):
    first, _ = search_here(settings_in(tmp_path, first=None), most=2)
    assert not first.is_default


def test_a_search_that_goes_on_suggests_what_it_would_have_suggested(tmp_path):
    (tmp_path / "whole").mkdir()
    whole = search_here(settings_in(tmp_path / "whole"), most=12)
    for most in (3, 7, 12):
        stopped = search_here(settings_in(tmp_path), most=most)
        assert len(stopped) == most
        assert [each.params for each in stopped] == [each.params for each in whole[:most]]


def test_a_search_whose_trials_were_interrupted_suggests_and_numbers_what_it_would_have(tmp_path):
    (tmp_path / "whole").mkdir()
    whole = search_here(settings_in(tmp_path / "whole"), most=12)
    settings = settings_in(tmp_path)
    for most in (1, 4, 9):
        search_here(settings, most=most - 1)
        for _ in range(2):
            interrupted = Study(settings).begin(most)
            assert interrupted is not None
            interrupted.requeue()
    trials = _used(search_here(settings, most=12))
    assert [each.params for each in trials] == [each.params for each in whole]
    assert [each.shown_number for each in trials] == list(range(12))


def test_another_seed_suggests_something_else(tmp_path):
    (tmp_path / "other").mkdir()
    trials = search_here(settings_in(tmp_path), most=3)
    others = search_here(settings_in(tmp_path / "other", seed=2), most=3)
    assert trials[1].params != others[1].params


def test_two_processes_share_the_trials(settings):
    one, other = Study(settings), Study(settings)
    begun = [study.begin(5) for _ in range(3) for study in (one, other)]
    assert [None if trial is None else trial.number for trial in begun] == [0, 1, 2, 3, 4, None]
    assert len({str(trial.params) for trial in begun if trial is not None}) == 5


def test_two_that_take_the_last_trial_together_leave_one_of_it(settings, monkeypatch):
    study = Study(settings)
    assert study.begin(1) is not None
    monkeypatch.setattr(study, "has_trials_left", lambda most: True)  # what it was when the other process had not begun
    assert study.begin(1) is None
    assert [record.state for record in study.records()] == ["running", "given back"]


@forks
def test_a_trial_whose_process_has_died_is_continued_with_its_values(settings):
    die_with_a_trial(settings, most=2)
    (lost,) = Study(settings).records()
    again = Study(settings).begin(2)
    assert again is not None
    assert (again.shown_number, again.params, lost.params) == (0, FIRST, FIRST)
    assert [record.state for record in Study(settings).records()] == ["given back", "running"]
    assert Study(settings).records()[1].is_default


@forks
def test_a_trial_whose_process_dies_twice_by_itself_has_failed(settings):
    die_with_a_trial(settings, most=2)
    die_with_a_trial(settings, most=2)
    study = Study(settings)
    study.requeue_lost()
    assert [record.state for record in study.records()] == ["given back", "failed"]
    assert "its process has died 2 times" in study.records()[1].reason
    assert [record.shown_number for record in search_here(settings, most=2)] == [0, 0, 1]


def test_a_trial_that_is_stopped_does_not_count_as_a_death(settings):
    study = Study(settings)
    for _ in range(4):
        trial = study.begin(1)
        assert trial is not None
        trial.requeue()
    (finished,) = [record for record in search_here(settings, most=1) if record.state != "given back"]
    assert (finished.state, finished.shown_number) == ("finished", 0)


def test_a_trial_of_another_machine_is_lost_when_it_was_not_seen_for_minutes(settings, monkeypatch):
    monkeypatch.setattr("onoma.tuning.worker_identity.this_machine", lambda: "elsewhere")
    assert Study(settings).begin(1) is not None
    monkeypatch.undo()
    assert Study(settings).begin(1) is None
    later = time.time() + 300
    monkeypatch.setattr("onoma.tuning.worker_identity.time.time", lambda: later)
    again = Study(settings).begin(1)
    assert again is not None
    assert again.shown_number == 0


def test_on_windows_a_trial_is_lost_when_it_was_not_seen_for_minutes(settings, monkeypatch):
    monkeypatch.setattr("onoma.tuning.worker_identity.sys", SimpleNamespace(platform="win32"))
    assert Study(settings).begin(1) is not None
    assert Study(settings).begin(1) is None
    later = time.time() + 300
    monkeypatch.setattr("onoma.tuning.worker_identity.time.time", lambda: later)
    assert Study(settings).begin(1) is not None


def test_a_trial_whose_process_died_before_it_stored_its_identity_is_continued_after_some_seconds(
    settings, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr("onoma.tuning.study.this_worker", _die)
        with pytest.raises(KeyboardInterrupt):
            Study(settings).begin(1)
    study = Study(settings)
    assert study.begin(1) is None
    later = time.monotonic() + 20
    with monkeypatch.context() as patched:
        patched.setattr("onoma.tuning.study.time.monotonic", lambda: later)
        again = study.begin(1)
    assert again is not None
    assert (again.shown_number, again.params) == (0, FIRST)


def test_a_trial_that_another_call_took_over_before_its_identity_was_stored_is_left_to_it(settings, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("onoma.tuning.study.this_worker", _end_running_trials(settings))
        trial = Study(settings).begin(2)
    assert trial is not None
    assert [(record.state, record.shown_number) for record in Study(settings).records()] == [
        ("given back", 0),
        ("running", 0),
    ]


def _end_running_trials(settings):
    """A function that requeues the trial when it is first called, as another call does that takes it for lost."""
    numbers = [0]

    def this_worker_or_end():
        if numbers:
            Study(settings).requeue(numbers.pop())
        return this_worker()

    return this_worker_or_end


def test_a_finished_trial_keeps_what_it_has_reached(settings):
    (record,) = search_here(settings, most=1)
    assert record.f1 == pytest.approx(0.8)
    assert (record.seconds, record.counts) == (1.0, [(1, 2, 3)])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TrainingError("a batch does not fit in memory"), "a batch does not fit in memory"),
        (MemoryError(), "MemoryError"),
        (RuntimeError("CUDA out of memory"), "RuntimeError: CUDA out of memory"),
    ],
)
def test_a_failed_trial_keeps_its_reason_and_the_others_go_on(tmp_path, error, reason):
    records = search_here(settings_in(tmp_path), most=3, context={"failing": 1, "error": error})
    assert [record.state for record in records] == ["finished", "failed", "finished"]
    assert records[1].reason == reason


def test_a_trial_below_the_median_is_ended(tmp_path):
    settings = settings_in(tmp_path, pruner="median")
    study = Study(settings)
    for f1 in (0.5, 0.6, 0.7, 0.8):
        good = study.begin(None)
        assert good is not None
        for epoch in range(1, 11):
            good.report(epoch, 10, f1 * epoch / 10)
        good.finish(f1, seconds=1.0, counts=None)
    bad = study.begin(None)
    assert bad is not None
    bad.report(1, 5, 0.01)
    assert not bad.should_prune()  # the beginning says little
    bad.report(2, 5, 0.02)
    assert bad.should_prune()


def test_runs_of_different_length_are_judged_at_the_same_share(tmp_path):
    settings = settings_in(tmp_path, pruner="median")
    study = Study(settings)
    for _ in range(4):
        long = study.begin(None)
        assert long is not None
        for epoch in range(1, 41):
            long.report(epoch, 40, epoch / 40)
        long.finish(1.0, seconds=1.0, counts=None)
    short = study.begin(None)
    assert short is not None
    short.report(2, 4, 0.6)  # after a half the others have 0.5, after two epochs they had 0.05
    assert not short.should_prune()
    worse = study.begin(None)
    assert worse is not None
    worse.report(2, 4, 0.4)
    assert worse.should_prune()


def ended(study, f1, *, pruned=False):
    """A trial whose F1 at each of so many equal shares of its run is given, the last one at its end unless pruned."""
    trial = study.begin(None)
    for epoch, value in enumerate(f1, start=1):
        trial.report(epoch, len(f1) + pruned, value)
    if pruned:
        trial.prune(seconds=1.0)
    else:
        trial.finish(max(f1), seconds=1.0, counts=None)


@pytest.mark.parametrize(("f1", "is_pruned"), [(0.65, True), (0.67, False)])
def test_other_runs_are_judged_between_their_epochs(tmp_path, f1, is_pruned):
    study = Study(settings_in(tmp_path, pruner="median"))
    for _ in range(5):
        ended(study, [0.5, 0.9])  # 0.66 after seven tenths
    ended(study, [0.99] * 10)  # the only one that is evaluated after seven tenths
    trial = study.begin(None)
    assert trial is not None
    trial.report(7, 10, f1)
    assert trial.should_prune() is is_pruned


def test_pruned_trials_count_among_the_others(tmp_path):
    study = Study(settings_in(tmp_path, pruner="median"))
    for _ in range(4):
        ended(study, [0.7, 0.8, 0.9])
    for _ in range(5):
        ended(study, [0.4, 0.5], pruned=True)
    trial = study.begin(None)
    assert trial is not None
    trial.report(4, 5, 0.6)  # worse than all that have finished, but better than most
    assert not trial.should_prune()


@pytest.mark.parametrize("pruner", ["median", "hyperband", "none"])
def test_each_pruner_searches(tmp_path, pruner):
    records = search_here(settings_in(tmp_path, pruner=pruner), most=8)
    assert len(_used(records)) == 8
    assert any(record.state == "finished" for record in records)


def test_another_space_or_other_data_are_refused_by_name(settings, tmp_path):
    Study(settings)
    space = SearchSpace({**SPACE.domains, HEAD: Choice(("linear", "span"))})
    other = settings_in(
        tmp_path, storage=settings.storage, space=space, identity={"training text": "b", **space.texts()}
    )
    with pytest.raises(InputError) as refused:
        Study(other)
    assert 'model.head: ["linear", "crf"], now ["linear", "span"]' in str(refused.value)
    assert "training text: a, now b" in str(refused.value)
    assert RATE not in str(refused.value)
    assert "--study" in str(refused.value)


def test_another_name_is_another_study_in_the_same_storage(settings, tmp_path):
    search_here(settings, most=2)
    other = settings_in(tmp_path, storage=settings.storage, name="other", identity={"training text": "b"})
    assert Study(other).records() == []
    delete_study(settings.storage, "other")
    delete_study(settings.storage, "other")
    assert len(Study(settings).records()) == 2


def test_a_study_that_onoma_has_not_made_is_refused(tmp_path):
    import optuna

    settings = settings_in(tmp_path)
    with quiet():
        foreign = optuna.create_study(storage=settings.storage, study_name="onoma", direction="maximize")
        foreign.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    with pytest.raises(InputError, match="was not made by onoma"):
        Study(settings)


@pytest.mark.parametrize("storage", ["study.db", "nonsense://x", "postgresql+nosuchdriver://me:secret@localhost/x"])
def test_a_storage_that_cannot_be_used_is_an_error_without_its_password(tmp_path, storage):
    with pytest.raises(InputError) as refused:
        Study(settings_in(tmp_path, storage=storage))
    assert "secret" not in str(refused.value)


def test_passwords_are_not_shown():
    assert shown_storage("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"


def test_a_journal_that_is_not_one_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a journal\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"notes\.txt: the storage cannot be used"):
        Study(settings_in(tmp_path, storage=f"journal:{path}"))


def test_a_storage_is_a_url(tmp_path):
    with pytest.raises(ConfigError, match="journal:PATH"):
        Study(settings_in(tmp_path, storage="study.db"))
