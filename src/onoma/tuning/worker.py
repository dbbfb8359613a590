"""Processes that take trials of a study by themselves, so that those of other calls and machines share the work.

This module does not know how a trial is trained.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError

from onoma.errors import InputError, OnomaError, StoppedError, TrainingError
from onoma.machine import WorkerProcess
from onoma.tuning.events import SearchEvent, TrialBegun, TrialEnded, TrialProgress
from onoma.tuning.storage import shown_storage
from onoma.tuning.study import RunningTrial, Study, StudySettings

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


@dataclass(frozen=True, slots=True)
class TrialWanted:
    """A process asks whether it may take a trial."""


@dataclass(frozen=True, slots=True)
class NoTrial:
    """There is no trial to take."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """The study cannot be used any more."""

    why: str


class TrialWorker:
    """A process that takes trials."""

    def __init__(self, settings: StudySettings, train: Train, context: Any, *, most: int | None, threads: int) -> None:
        self._process = WorkerProcess(work, settings, train, context, most, threads=threads)
        self.pipe = self._process.pipe
        self.began = False

    def receive(self) -> SearchEvent | TrialWanted | NoTrial | None:
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
        assert isinstance(answer, SearchEvent | TrialWanted | NoTrial)
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
            pipe.send(TrialWanted())
            trial = study.begin(most) if pipe.recv() else None
            if trial is None:
                pipe.send(NoTrial())
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
