"""A search: processes that train trials of a study until its budget is used up.

Each process takes trials from the study by itself, so that processes of other calls and other machines share the work.
This module does not know how a trial is trained.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from statistics import median
from types import FrameType
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError

from onoma.errors import InputError, OnomaError, StoppedError, TrainingError
from onoma.machine import WorkerProcess, usable_cores
from onoma.tuning.records import TrialRecord
from onoma.tuning.space import Params
from onoma.tuning.study import RunningTrial, Study, StudySettings, shown_storage

Report = Callable[[str], None]
"""Called with what a trial is doing, a short text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a trial has come to.

    Attributes:
        f1: on dev, a fraction of 1.
        seconds: that it trained.
        counts: of blocks of dev, as in :class:`~onoma.tuning.records.TrialRecord`.
    """

    f1: float
    seconds: float
    counts: Sequence[tuple[int, int, int]] | None = None


class PrunedError(Exception):
    """Raised by what trains a trial when the trial is to end since it is worse than others."""


Train = Callable[[RunningTrial, Any, Report], Reached]
"""Trains a trial, given what all trials need. It must be a function that can be pickled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long is searched.

    Attributes:
        trials: of the whole study; None for no bound.
        seconds: of this call, the runs with new seeds included; None for no bound.
        runs: with new seeds, which come after the search and for which time is kept.
    """

    trials: int | None
    seconds: float | None
    runs: int


@dataclass(frozen=True, slots=True)
class SearchEvent:
    """Something that happens in a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBegun(SearchEvent):
    """A trial begins, or goes on where ``number`` is that of an earlier one."""

    number: int
    params: Params


@dataclass(frozen=True, slots=True)
class TrialProgress(SearchEvent):
    """A trial does something new."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class TrialEnded(SearchEvent):
    """A trial is over.

    Attributes:
        record: of the trial.
        best: whether no finished trial is better.
    """

    record: TrialRecord
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForecast(SearchEvent):
    """What fits into the budget, from how long trials have taken.

    Attributes:
        seconds: that a whole trial takes.
        trials: that the study will have; None where nothing bounds them.
        seconds_left: until all is done, runs with new seeds included.
    """

    seconds: float
    trials: int
    seconds_left: float


@dataclass(frozen=True, slots=True)
class WorkerDied(SearchEvent):
    """A process has died; its trial is tried again once.

    Attributes:
        how: by which signal or with which exit status.
        left: processes that go on.
    """

    how: str
    left: int


@dataclass(frozen=True, slots=True)
class OthersRunning(SearchEvent):
    """Nothing is left to begin, but other calls still have so many trials."""

    trials: int


_WAIT_FOR_OTHERS = 5.0
_FIRST_FAILURES = 3
"""If so many trials fail, and no other one has finished or is running, all will."""


def run_search(
    settings: StudySettings,
    *,
    train: Train,
    context: Any,
    budget: Budget,
    processes: int,
    waits: bool,
) -> Generator[SearchEvent, None, None]:
    """Train trials until the budget is used up, and yield what happens. If the caller stops listening, they are ended.

    Args:
        settings: of the study.
        train: trains one trial.
        context: what it is called with beside the trial; can be pickled.
        budget: how long.
        processes: how many trials at a time. The cores are shared among them.
        waits: wait for trials that other calls have, and continue those that are lost.

    Raises:
        TrainingError: all trials fail.
        InputError: the storage cannot be used any more.
    """
    study = Study(settings)
    clock = _Clock(budget, processes)
    said = 0
    while True:
        study.put_back_lost()
        if not clock.may_begin(study.records()):
            return
        if study.has_trials_left(budget.trials):
            yield from _run(settings, train, context, study=study, clock=clock, processes=processes)
            continue
        others = study.running()
        if not others or not waits:
            return
        if others != said:
            yield OthersRunning(others)
            said = others
        time.sleep(_WAIT_FOR_OTHERS)


class _Clock:
    """Says when no further trial is begun, and when those that run are stopped."""

    def __init__(self, budget: Budget, processes: int) -> None:
        self.budget = budget
        self._processes = processes
        self._began = time.monotonic()

    def left(self, records: Sequence[TrialRecord]) -> float | None:
        """Seconds that the search has left; None for no bound."""
        if self.budget.seconds is None:
            return None
        kept = min(self.budget.seconds / 2, self._seeds(records))
        return self.budget.seconds - kept - (time.monotonic() - self._began)

    def may_begin(self, records: Sequence[TrialRecord]) -> bool:
        """Whether there is time enough for a trial to end, as long as trials have commonly taken."""
        left = self.left(records)
        return left is None or left > _commonly(records)

    def forecast(self, records: Sequence[TrialRecord]) -> SearchForecast:
        """What fits, where a trial has finished."""
        used = sum(record.state in ("finished", "pruned", "failed") for record in records)
        commonly, left = _commonly(records), self.left(records)
        fitting = [] if left is None else [used + int(self._processes * max(0.0, left) / max(commonly, 1e-3))]
        fitting += [] if self.budget.trials is None else [max(used, self.budget.trials)]
        trials = min(fitting)
        search = (trials - used) * commonly / self._processes
        return SearchForecast(seconds=_whole(records), trials=trials, seconds_left=search + self._seeds(records))

    def _seeds(self, records: Sequence[TrialRecord]) -> float:
        """Seconds that the runs with new seeds take."""
        return self.budget.runs * _whole(records) / self._processes


def _whole(records: Sequence[TrialRecord]) -> float:
    """Seconds of a trial that was not pruned."""
    return median([record.seconds for record in records if record.state == "finished"] or [0.0])


def _commonly(records: Sequence[TrialRecord]) -> float:
    return median([record.seconds for record in records if record.state in ("finished", "pruned")] or [0.0])


def _run(
    settings: StudySettings, train: Train, context: Any, *, study: Study, clock: _Clock, processes: int
) -> Iterator[SearchEvent]:
    """Start processes and go on until they have nothing to do, or no time."""
    threads = max(1, usable_cores() // processes)

    def start() -> _Worker:
        return _Worker(settings, train, context, most=clock.budget.trials, threads=threads)

    workers: list[_Worker] = []
    try:
        workers += [start() for _ in range(processes)]
        while workers:
            ready = wait([worker.pipe for worker in workers], timeout=clock.left(study.records()))
            if not ready:
                return  # those that run put their trials back
            for worker in [worker for worker in workers if worker.pipe in ready]:
                answer = worker.receive()
                if answer is None:
                    workers.remove(worker)
                    study.put_back_lost()
                    if not workers:
                        workers.append(start())
                    yield WorkerDied(worker.how_it_ended, len(workers))
                elif isinstance(answer, _Ready):
                    worker.answer(may_begin=clock.may_begin(study.records()))
                elif isinstance(answer, _Over):
                    worker.end()
                    workers.remove(worker)
                elif isinstance(answer, TrialEnded):
                    yield from _ended(answer, study.records(), clock)
                else:
                    yield answer
    finally:
        for worker in workers:
            worker.end(at_once=True)


def _ended(event: TrialEnded, records: Sequence[TrialRecord], clock: _Clock) -> Iterator[SearchEvent]:
    yield replace(event, best=_is_best(event.record, records))
    _check_failures(records)
    if event.record.state == "finished":
        yield clock.forecast(records)


def _is_best(record: TrialRecord, records: Sequence[TrialRecord]) -> bool:
    finished = [each.f1 or 0.0 for each in records if each.state == "finished"]
    return record.state == "finished" and (record.f1 or 0.0) >= max(finished)


def _check_failures(records: Sequence[TrialRecord]) -> None:
    failed = [record for record in records if record.state == "failed"]
    others = any(record.state in ("finished", "pruned", "running") for record in records)
    if len(failed) >= _FIRST_FAILURES and not others:
        reasons = "".join(f"  {reason}\n" for reason in dict.fromkeys(record.reason for record in failed))
        raise TrainingError(f"the first {len(failed)} trials have failed, so the search ends:\n{reasons.rstrip()}")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A process asks whether it may take a trial."""


@dataclass(frozen=True, slots=True)
class _Over:
    """There is no trial to take."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """The study cannot be used any more."""

    why: str


class _Worker:
    """A process that takes trials."""

    def __init__(self, settings: StudySettings, train: Train, context: Any, *, most: int | None, threads: int) -> None:
        self._process = WorkerProcess(work, settings, train, context, most, threads=threads)
        self.pipe = self._process.pipe
        self.began = False

    def receive(self) -> SearchEvent | _Ready | _Over | None:
        """What it says; None when it has died.

        Raises:
            InputError: the study cannot be used any more.
            TrainingError: it has died before it began a trial, so the next one would too.
        """
        try:
            answer = self.pipe.recv()
        except (EOFError, ConnectionError):
            self.end()
            if self.began:
                return None
            raise TrainingError(f"a process for trials died before its first one ({self.how_it_ended})") from None
        if isinstance(answer, _Broken):
            raise InputError(answer.why)
        assert isinstance(answer, SearchEvent | _Ready | _Over)
        self.began = self.began or isinstance(answer, TrialBegun)
        return answer

    def answer(self, *, may_begin: bool) -> None:
        with suppress(ConnectionError):  # a dead one is found when it is listened to
            self.pipe.send(may_begin)

    @property
    def how_it_ended(self) -> str:
        return self._process.how_it_ended

    def end(self, *, at_once: bool = False) -> None:
        self._process.end(at_once=at_once)


def work(pipe: Connection, settings: StudySettings, train: Train, context: Any, most: int | None) -> None:
    """What a process does: a trial after the other, until there are none or it is not allowed to.

    Args:
        pipe: to the process that has started it.
        settings: of the study.
        train: trains one trial.
        context: what it is called with beside the trial.
        most: trials that the study may have.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        study = Study(settings)
        while True:
            pipe.send(_Ready())
            trial = study.begin(most) if pipe.recv() else None
            if trial is None:
                pipe.send(_Over())
                return
            _train(pipe, study, trial, train, context)
    except StoppedError:
        return
    except OnomaError as error:
        pipe.send(_Broken(str(error)))
    except Exception as error:  # whatever a database raises
        pipe.send(_Broken(f"{shown_storage(settings.storage)}: the storage failed: {type(error).__name__}: {error}"))


def _train(pipe: Connection, study: Study, trial: RunningTrial, train: Train, context: Any) -> None:
    """Train a trial and keep how it has ended."""
    pipe.send(TrialBegun(number=trial.first_number, params=trial.params))
    with suppress(UpdateFinishedTrialError):  # another process took this one for lost and has the trial now
        _train_and_tell(pipe, trial, train, context)
    record = next(record for record in study.records() if record.number == trial.number)
    pipe.send(TrialEnded(record, best=False))


def _train_and_tell(pipe: Connection, trial: RunningTrial, train: Train, context: Any) -> None:
    started = time.perf_counter()

    def seconds() -> float:
        return time.perf_counter() - started

    try:
        reached = train(trial, context, lambda text: pipe.send(TrialProgress(trial.first_number, text)))
    except StoppedError:
        trial.put_back()
        raise
    except PrunedError:
        trial.prune(seconds=seconds())
    except OnomaError as error:
        trial.fail(str(error), seconds=seconds())
    except Exception as error:  # whatever a library raises: the other trials go on
        trial.fail(f"{type(error).__name__}: {error}".rstrip(": "), seconds=seconds())
    else:
        trial.finish(reached.f1, seconds=reached.seconds, counts=reached.counts)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise StoppedError(f"stopped by {signal.Signals(number).name}")
