"""The search: worker processes run trials of a study until its budget is used up."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any

from onoma.errors import TrainingError
from onoma.machine import available_cores
from onoma.tuning.budget import Budget, BudgetTracker
from onoma.tuning.events import OthersRunning, SearchEvent, TrialEnded, WorkerDied
from onoma.tuning.records import TrialRecord
from onoma.tuning.result import rank
from onoma.tuning.study import Study, StudySettings
from onoma.tuning.worker import NoTrialLeft, Train, TrialRequest, TrialWorker

_POLL_SECONDS = 5.0
_FIRST_FAILURES = 3
"""Number of failed trials after which the search ends, unless another trial has finished, was pruned or is running."""


def run_search(
    settings: StudySettings,
    *,
    train: Train,
    context: Any,
    budget: Budget,
    processes: int,
    waits: bool,
) -> Generator[SearchEvent, None, None]:
    """Run trials until the budget is used up, and yield events. Closing the generator stops the running trials.

    Args:
        settings: settings of the study.
        train: function that trains a single trial.
        context: argument that ``train`` is called with in addition to the trial; must be picklable.
        budget: time and trial limits.
        processes: number of trials that run at the same time. The cores are shared among them.
        waits: whether to wait for trials that other calls are running, and to continue those that are lost.

    Raises:
        TrainingError: the first trials all fail, or a worker process dies before its first trial.
        InputError: the storage can no longer be used.
    """
    study = Study(settings)
    tracker = BudgetTracker(budget, processes)
    reported = 0
    while True:
        study.requeue_lost()
        if not tracker.may_begin(study.records()):
            return
        if study.has_trials_left(budget.trials):
            count = processes if budget.trials is None else min(processes, budget.trials - study.used())
            yield from _run(settings, train, context, study=study, tracker=tracker, processes=max(1, count))
            continue
        others = study.running()
        if not others or not waits:
            return
        if others != reported:
            yield OthersRunning(others)
            reported = others
        time.sleep(_POLL_SECONDS)


def _run(
    settings: StudySettings, train: Train, context: Any, *, study: Study, tracker: BudgetTracker, processes: int
) -> Iterator[SearchEvent]:
    """Start worker processes, and yield their events until no trial or no time is left."""
    threads = max(1, available_cores() // processes)

    def start() -> TrialWorker:
        return TrialWorker(settings, train, context, most=tracker.budget.trials, threads=threads)

    workers: list[TrialWorker] = []
    try:
        workers += [start() for _ in range(processes)]
        while workers:
            ready = wait([worker.pipe for worker in workers], timeout=tracker.left(study.records()))
            if not ready:
                return  # time is up: the running workers requeue their trials when they are stopped below
            for worker in [worker for worker in workers if worker.pipe in ready]:
                message = worker.receive()
                if message is None:
                    workers.remove(worker)
                    if not workers:
                        workers.append(start())
                    yield from _handle_death(worker, study, tracker, left=len(workers))
                elif isinstance(message, TrialRequest):
                    worker.answer(may_begin=tracker.may_begin(study.records()))
                elif isinstance(message, NoTrialLeft):
                    worker.join()
                    workers.remove(worker)
                elif isinstance(message, TrialRecord):
                    yield from _handle_trial_end(message, study.records(), tracker)
                else:
                    yield message
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


def _handle_death(worker: TrialWorker, study: Study, tracker: BudgetTracker, *, left: int) -> Iterator[SearchEvent]:
    study.requeue_lost()
    records = study.records()
    failed = [each for each in records if each.shown_number == worker.trial and each.state == "failed"]
    yield WorkerDied(worker.exit_reason, left, repeats=worker.trial is not None and not failed)
    for record in failed:
        yield from _handle_trial_end(record, records, tracker)


def _handle_trial_end(
    record: TrialRecord, records: Sequence[TrialRecord], tracker: BudgetTracker
) -> Iterator[SearchEvent]:
    best_number = next((each.number for each in rank(records)), None)
    yield TrialEnded(record, best=record.number == best_number)
    _check_failures(records)
    if record.state == "finished":
        yield tracker.forecast(records)


def _check_failures(records: Sequence[TrialRecord]) -> None:
    failed = [record for record in records if record.state == "failed"]
    others = any(record.state in ("finished", "pruned", "running") for record in records)
    if len(failed) >= _FIRST_FAILURES and not others:
        reasons = "".join(f"  {reason}\n" for reason in dict.fromkeys(record.reason for record in failed))
        raise TrainingError(f"the first {len(failed)} trials have failed, so the search ends:\n{reasons.rstrip()}")
