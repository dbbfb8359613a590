"""Worker processes that take trials from a shared study, so that several calls and machines can share the work.

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
from onoma.machine import MAIN_GUARD_ADVICE, WorkerProcess
from onoma.tuning.events import SearchEvent, TrialBegun, TrialProgress
from onoma.tuning.records import TrialRecord
from onoma.tuning.storage import shown_storage
from onoma.tuning.study import RunningTrial, Study, StudySettings

Report = Callable[[str], None]
"""Function called with a short text on what a trial is doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOutcome:
    """Result of the training of a trial.

    Attributes:
        f1: F1 on dev of the best epoch, a fraction of 1.
        seconds: training time.
        counts: entity counts per block of dev, as in :class:`~onoma.tuning.records.TrialRecord`.
    """

    f1: float
    seconds: float
    counts: Sequence[tuple[int, int, int]] | None = None


class PrunedError(Exception):
    """Raised by the function that trains a trial when the trial is pruned because it is worse than others."""


Train = Callable[[RunningTrial, Any, Report], TrialOutcome]
"""Function that trains a trial, called with the trial, the context shared by all trials, and a report function.

It must be picklable.
"""


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """Message of a worker process that asks whether it may take a trial."""


@dataclass(frozen=True, slots=True)
class NoTrialLeft:
    """Message of a worker process that there is no trial to take."""


@dataclass(frozen=True, slots=True)
class _StudyFailed:
    """Message of a worker process that the study can no longer be used."""

    why: str


class TrialWorker:
    """A worker process that runs trials of a study.

    Attributes:
        pipe: pipe to the process.
        trial: number for users of the trial that it is running; None if it is running none.
    """

    def __init__(self, settings: StudySettings, train: Train, context: Any, *, most: int | None, threads: int) -> None:
        self._process = WorkerProcess(work, settings, train, context, most, threads=threads)
        self.pipe = self._process.pipe
        self.trial: int | None = None
        self._has_begun = False

    def receive(self) -> SearchEvent | TrialRequest | TrialRecord | NoTrialLeft | None:
        """Receive the next message of the process, such as the record of a trial that has ended; None if it has died.

        Raises:
            InputError: the study can no longer be used.
            TrainingError: the process has died before its first trial, so a new process would probably die too.
        """
        message = self._process.receive()
        if message is None and not self._has_begun:
            raise TrainingError(
                f"a process for trials died before its first one ({self.exit_reason}); {MAIN_GUARD_ADVICE}"
            )
        if isinstance(message, _StudyFailed):
            raise InputError(message.why)
        assert isinstance(message, SearchEvent | TrialRequest | TrialRecord | NoTrialLeft | None)
        if isinstance(message, TrialBegun):
            self.trial, self._has_begun = message.number, True
        elif isinstance(message, TrialRecord):
            self.trial = None
        return message

    def answer(self, *, may_begin: bool) -> None:
        with suppress(ConnectionError):  # `receive` detects a dead process
            self.pipe.send(may_begin)

    @property
    def exit_reason(self) -> str:
        return self._process.exit_reason

    def terminate(self) -> None:
        self._process.terminate()

    def join(self) -> None:
        self._process.join()


def work(pipe: Connection, settings: StudySettings, train: Train, context: Any, most: int | None) -> None:
    """Run trials one after another until none is left or no further one may start; runs in the worker process.

    Args:
        pipe: pipe to the parent process.
        settings: settings of the study.
        train: function that trains a single trial.
        context: argument that ``train`` is called with in addition to the trial.
        most: maximum number of trials of the study; None for no limit.
    """
    signal.signal(signal.SIGTERM, _raise_stopped)
    try:
        study = Study(settings)
        while True:
            pipe.send(TrialRequest())
            trial = study.begin(most) if pipe.recv() else None
            if trial is None:
                pipe.send(NoTrialLeft())
                return
            _train(pipe, study, trial, train, context)
    except StoppedError:
        return
    except OnomaError as error:
        pipe.send(_StudyFailed(str(error)))
    except Exception as error:  # database drivers raise errors of many types
        pipe.send(
            _StudyFailed(f"{shown_storage(settings.storage)}: the storage failed: {type(error).__name__}: {error}")
        )


def _train(pipe: Connection, study: Study, trial: RunningTrial, train: Train, context: Any) -> None:
    """Train a trial, store its result, and send the event of its start and its final record."""
    pipe.send(TrialBegun(number=trial.shown_number, params=trial.params))
    with suppress(UpdateFinishedTrialError):  # another process considered this one dead and has taken over the trial
        _train_and_store(pipe, trial, train, context)
    pipe.send(next(record for record in study.records() if record.number == trial.number))


def _train_and_store(pipe: Connection, trial: RunningTrial, train: Train, context: Any) -> None:
    start_time = time.perf_counter()

    def seconds() -> float:
        return time.perf_counter() - start_time

    try:
        outcome = train(trial, context, lambda text: pipe.send(TrialProgress(trial.shown_number, text)))
    except StoppedError:
        trial.requeue()
        raise
    except PrunedError:
        trial.prune(seconds=seconds())
    except OnomaError as error:
        trial.fail(str(error), seconds=seconds())
    except Exception as error:  # an error of any library fails this trial only
        trial.fail(f"{type(error).__name__}: {error}".rstrip(": "), seconds=seconds())
    else:
        trial.finish(outcome.f1, seconds=outcome.seconds, counts=outcome.counts)


def _raise_stopped(number: int, _frame: FrameType | None) -> None:
    raise StoppedError(f"stopped by {signal.Signals(number).name}")
