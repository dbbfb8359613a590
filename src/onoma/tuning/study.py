"""A study in a storage shared by processes and machines: assignment of trials to processes, and their results.

Optuna stores the trials. A running trial is lost if its process has died. On this machine, the operating system is
asked whether it has; on another machine, a trial counts as lost if it has had no heartbeat for some minutes. A lost
trial is requeued with its values, and the process that takes it continues it. This module does not know what a trial
trains.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Literal
from weakref import finalize, ref

import optuna
from optuna.exceptions import DuplicatedStudyError, OptunaError, UpdateFinishedTrialError
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as State
from sqlalchemy.exc import SQLAlchemyError

from onoma.errors import InputError
from onoma.io.changes import changes
from onoma.tuning.numbering import CONTINUES_ATTRIBUTE, shown_numbers
from onoma.tuning.pruner import MedianPruner
from onoma.tuning.records import USED, TrialRecord, TrialState
from onoma.tuning.sampler import TrialSampler, distributions
from onoma.tuning.space import Params, SearchSpace
from onoma.tuning.storage import close_storage, explaining, open_storage, quiet, shown_storage
from onoma.tuning.worker_identity import SEEN_EVERY, died_alone, is_lost, this_worker

PrunerName = Literal["median", "hyperband", "none"]

AnyTrial = FrozenTrial | optuna.Trial

STEPS = 10
"""Number of pruning steps per run. Runs of different lengths are compared after the same share of their epochs."""

_IDENTITY_ATTRIBUTE = "onoma"
_MAX_DEATHS = 2
"""Number of deaths of a trial's process, while the parent process lives, after which the trial counts as failed."""

_IDENTITY_TIMEOUT = 10.0
"""Seconds after which the identity of a study is stored by another process than the one that created it."""

_WORKER_TIMEOUT = 15.0
"""Seconds after which a trial counts as lost if its process has not stored its identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySettings:
    """Identification of a study and settings of its search; picklable.

    Attributes:
        storage: SQLAlchemy URL of a database, such as ``sqlite:///study.db``, or ``journal:PATH``.
        name: name of the study in its storage.
        identity: facts that identify the search, by name; all calls that share a study must agree in them.
        space: the search space.
        first: values of the first trial; None to sample them too.
        pruner: method that decides which trials are stopped early.
        seed: seed of the sampling.
    """

    storage: str
    name: str
    identity: Mapping[str, str]
    space: SearchSpace
    first: Params | None
    pruner: PrunerName
    seed: int


class Study:
    """A study in a storage, created if it does not exist.

    Raises:
        InputError: the storage cannot be used, or its study of this name is another search; names the differences.
    """

    def __init__(self, settings: StudySettings) -> None:
        self.settings = settings
        self._unidentified: dict[int, float] = {}
        self._distributions = distributions(settings.space)
        sampler = TrialSampler(settings.space, first=settings.first, seed=settings.seed)
        with quiet(), explaining(settings.storage):
            self._storage = open_storage(settings.storage)
            finalize(self, close_storage, self._storage)
            pruner = _pruner(settings.pruner)
            try:
                self.optuna = optuna.create_study(
                    study_name=settings.name,
                    storage=self._storage,
                    direction="maximize",
                    sampler=sampler,
                    pruner=pruner,
                )
                self.optuna.set_user_attr(_IDENTITY_ATTRIBUTE, dict(settings.identity))
            except DuplicatedStudyError:
                self.optuna = optuna.load_study(
                    study_name=settings.name, storage=self._storage, sampler=sampler, pruner=pruner
                )
                self._check_identity()
            self._id = self._storage.get_study_id_from_name(settings.name)

    def records(self) -> list[TrialRecord]:
        """Return the records of all trials, by number."""
        with explaining(self.settings.storage):
            trials = self.optuna.get_trials(deepcopy=False)
        numbers = shown_numbers(trials)
        return [_record(trial, shown_number=numbers[trial.number]) for trial in trials]

    def has_trials_left(self, most: int | None) -> bool:
        """Return whether the study has fewer than ``most`` trials; always true if ``most`` is None."""
        return most is None or self.used() < most

    def used(self) -> int:
        """Return how many trials count towards the limit."""
        return sum(record.state in USED for record in self.records())

    def begin(self, most: int | None) -> RunningTrial | None:
        """Take the next trial: a requeued one or a new one; return None if the study has enough trials.

        Args:
            most: maximum number of trials of the study; None for no limit.
        """
        self.requeue_lost()
        if not self.has_trials_left(most):
            return None
        try:
            with quiet():
                trial = RunningTrial(self, self.optuna.ask(self._distributions))
        except UpdateFinishedTrialError:  # it took so long that another process has requeued the trial
            return self.begin(most)
        if self._is_superfluous(trial, most):
            trial.end(State.FAIL)
            return None
        return trial

    def requeue_lost(self) -> None:
        """Requeue the trials whose process is dead; mark one whose process dies repeatedly as failed."""
        with explaining(self.settings.storage):
            for trial in self.optuna.get_trials(deepcopy=False, states=(State.RUNNING,)):
                if self._is_lost(trial):
                    self._requeue_or_fail(trial, died=died_alone(trial))

    def _is_lost(self, trial: FrozenTrial) -> bool:
        """Return whether a running trial's process is dead, also if it died before it stored its identity.

        The time since such a trial was first seen here is measured, because the clocks and time zones of machines
        differ.
        """
        if "worker" in trial.user_attrs:
            return is_lost(trial)
        first_seen = self._unidentified.setdefault(trial.number, time.monotonic())
        return time.monotonic() - first_seen > _WORKER_TIMEOUT

    def running(self) -> int:
        """Return the number of running trials."""
        return sum(record.state == "running" for record in self.records())

    def set_attribute(self, number: int, name: str, value: object) -> None:
        """Store an attribute of a running trial."""
        self._storage.set_trial_user_attr(self._trial_id(number), name, value)

    def _requeue_or_fail(self, trial: FrozenTrial, *, died: bool) -> None:
        deaths = int(trial.user_attrs.get("deaths", 0)) + died
        can_retry = deaths < _MAX_DEATHS
        try:
            if not can_retry:
                text = f"its process has died {deaths} times, for example because memory was short"
                self.set_attribute(trial.number, "reason", text)
            self._storage.set_trial_state_values(self._trial_id(trial.number), State.FAIL)
        except UpdateFinishedTrialError:
            return  # another process has already ended or requeued it
        if can_retry and len(trial.params) == len(self._distributions):
            attributes = {
                CONTINUES_ATTRIBUTE: trial.user_attrs.get(CONTINUES_ATTRIBUTE, trial.number),
                "deaths": deaths,
                "is_default": _is_default(trial, self.settings),
            }
            self.optuna.enqueue_trial(trial.params, user_attrs=attributes)

    def requeue(self, number: int) -> None:
        """Requeue a running trial, so that it is continued later."""
        self._requeue_or_fail(self._storage.get_trial(self._trial_id(number)), died=False)

    def _is_superfluous(self, trial: RunningTrial, most: int | None) -> bool:
        """Return whether a trial exceeds the limit or duplicates another, because two processes took one at once."""
        earlier = [record for record in self.records() if record.number < trial.number and record.state in USED]
        is_duplicate = any(record.shown_number == trial.shown_number for record in earlier)
        return is_duplicate or (most is not None and len(earlier) >= most)

    def _trial_id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._id, number)

    def _check_identity(self) -> None:
        name, address = self.settings.name, shown_storage(self.settings.storage)
        start_time = time.monotonic()
        while (stored := self.optuna.user_attrs.get(_IDENTITY_ATTRIBUTE)) is None:
            if self.optuna.get_trials(deepcopy=False):
                raise InputError(
                    f"{address}: the study {name!r} was not made by onoma; choose another name with --study"
                )
            if time.monotonic() - start_time > _IDENTITY_TIMEOUT:  # its creator died before storing the identity
                self.optuna.set_user_attr(_IDENTITY_ATTRIBUTE, dict(self.settings.identity))
            time.sleep(0.1)
        if differences := changes(stored, self.settings.identity):
            raise InputError(
                f"{address}: the study {name!r} is another search:\n"
                + "".join(f"  {key}: {change}\n" for key, change in sorted(differences.items()))
                + "use what it began with, or begin another study (--study NAME, or another output)"
            )


class RunningTrial:
    """A trial that this process is running.

    Args:
        study: study of the trial.
        trial: the Optuna trial, with its values.

    Attributes:
        params: values of the searched settings by dotted key.
        number: number of the trial in the storage.
        shown_number: number of the trial for users, as in :class:`~onoma.tuning.records.TrialRecord`.
    """

    def __init__(self, study: Study, trial: optuna.Trial) -> None:
        self._study = study
        self._trial = trial
        self.number = trial.number
        self.params: Params = dict(trial.params)
        self.shown_number = shown_numbers(study.optuna.get_trials(deepcopy=False))[trial.number]
        if _is_default(trial, study.settings):
            study.set_attribute(self.number, "is_default", True)
        self._reported: set[int] = set()
        self._heartbeat = _Heartbeat(study, self.number)
        study.set_attribute(self.number, "worker", this_worker())

    def report(self, epoch: int, epochs: int, f1: float) -> None:
        """Report F1 after an epoch; it is stored only if another tenth of the run is complete.

        Args:
            epoch: number of the epoch, counted from 1.
            epochs: number of epochs of the whole run.
            f1: F1 on dev, a fraction of 1.
        """
        step = STEPS * epoch // epochs
        if step and step not in self._reported:
            self._reported.add(step)
            self._trial.report(f1, step)

    def should_prune(self) -> bool:
        """Return whether to prune the trial, because it is worse than others after the same share of their runs."""
        return self._trial.should_prune()

    def finish(self, f1: float, *, seconds: float, counts: Sequence[tuple[int, int, int]] | None) -> None:
        """Store the result of the trial and mark it as finished.

        Args:
            f1: F1 on dev of the best epoch, a fraction of 1.
            seconds: training time.
            counts: entity counts per block of dev, as in :class:`~onoma.tuning.records.TrialRecord`.
        """
        self._study.set_attribute(self.number, "seconds", seconds)
        if counts is not None:
            self._study.set_attribute(self.number, "counts", counts)
        self.end(State.COMPLETE, value=f1)

    def prune(self, *, seconds: float) -> None:
        """Mark the trial as pruned."""
        self._study.set_attribute(self.number, "seconds", seconds)
        self.end(State.PRUNED)

    def fail(self, reason: str, *, seconds: float) -> None:
        """Mark the trial as failed for a reason."""
        self._study.set_attribute(self.number, "seconds", seconds)
        self._study.set_attribute(self.number, "reason", reason)
        self.end(State.FAIL)

    def requeue(self) -> None:
        """Requeue the trial, so that this or another process continues it later."""
        self._heartbeat.stop()
        self._study.requeue(self.number)

    def end(self, state: State, *, value: float | None = None) -> None:
        """Stop the heartbeat and report the final state of the trial to the study."""
        self._heartbeat.stop()
        with quiet():
            self._study.optuna.tell(self._trial, value, state=state)


class _Heartbeat:
    """Heartbeat of a running trial: a thread that regularly stores the current time, for processes on other machines.

    It stops with the trial, also when the trial is garbage-collected.
    """

    def __init__(self, study: Study, number: int) -> None:
        self._stop = Event()
        finalize(self, self._stop.set)
        study.set_attribute(number, "seen", time.time())
        self._thread = Thread(target=_send_heartbeats, args=(ref(study), number, self._stop), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def _send_heartbeats(study_ref: ref[Study], number: int, stop: Event) -> None:
    while not stop.wait(SEEN_EVERY):
        if (study := study_ref()) is None:
            return
        with suppress(OptunaError, SQLAlchemyError, OSError):  # retried at the next heartbeat
            study.set_attribute(number, "seen", time.time())
        del study


def _pruner(name: PrunerName) -> BasePruner:
    if name == "median":
        return MedianPruner()
    if name == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource=STEPS, reduction_factor=3)
    return NopPruner()


def _record(trial: FrozenTrial, *, shown_number: int) -> TrialRecord:
    attributes = trial.user_attrs
    reason = str(attributes.get("reason", ""))
    states: dict[State, TrialState] = {
        State.COMPLETE: "finished",
        State.PRUNED: "pruned",
        State.RUNNING: "running",
        State.WAITING: "waiting",
        State.FAIL: "failed" if reason else "given back",
    }
    value = trial.value if trial.state == State.COMPLETE else None
    if value is None and trial.intermediate_values:
        value = trial.intermediate_values[max(trial.intermediate_values)]
    counts = attributes.get("counts")
    return TrialRecord(
        number=trial.number,
        shown_number=shown_number,
        state=states[trial.state],
        params=dict(trial.params),
        f1=value,
        reason=reason,
        seconds=float(attributes.get("seconds", 0.0)),
        is_default=bool(attributes.get("is_default")),
        worker=str(attributes.get("worker", {}).get("machine", "")),
        counts=None if counts is None else [(correct, predicted, gold) for correct, predicted, gold in counts],
    )


def _is_default(trial: AnyTrial, settings: StudySettings) -> bool:
    return bool(trial.user_attrs.get("is_default")) or (trial.number == 0 and settings.first is not None)
