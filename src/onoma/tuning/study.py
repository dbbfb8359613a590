"""A study in a storage that processes and machines share: who takes which trial, and what becomes of it.

Optuna keeps the trials. Whether the process of a running trial is still there is asked of the system where it is on
this machine; elsewhere a trial that has not been seen for some minutes is taken for lost. A lost trial is put back,
with its values, and whoever takes it continues it. This module does not know what a trial trains.
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
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as State
from sqlalchemy.exc import SQLAlchemyError

from onoma.errors import InputError
from onoma.io.changes import changes
from onoma.tuning.owner import SEEN_EVERY, died_alone, is_lost, this_worker
from onoma.tuning.records import USED, TrialRecord, TrialState
from onoma.tuning.sampler import TrialSampler, distributions
from onoma.tuning.space import Params, SearchSpace
from onoma.tuning.storage import close_storage, explaining, open_storage, quiet, shown_storage

PrunerName = Literal["median", "hyperband", "none"]

AnyTrial = FrozenTrial | optuna.Trial

STEPS = 10
"""A trial is judged after each tenth of its run, so that runs of different length are compared at the same share."""

_IDENTITY = "onoma"
_DEATHS = 2
"""A trial whose process dies so often by itself has failed."""

_WAIT_FOR_IDENTITY = 10.0
_UNJUDGED_TRIALS, _UNJUDGED_STEPS = 4, 3
"""The median of fewer trials says little, and so does the beginning of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySettings:
    """Which study, and how it searches; can be sent to another process.

    Attributes:
        storage: a URL of a database as SQLAlchemy has them, such as ``sqlite:///study.db``, or ``journal:PATH``.
        name: of the study in its storage.
        identity: what the study is about, by name; two searches of the same study have the same.
        space: what is searched.
        first: the values of the first trial; None to draw them too.
        pruner: which trials are ended early.
        seed: decides what is drawn.
    """

    storage: str
    name: str
    identity: Mapping[str, str]
    space: SearchSpace
    first: Params | None
    pruner: PrunerName
    seed: int


class Study:
    """A study that exists in its storage; made if it does not.

    Raises:
        InputError: the storage cannot be used, or the study in it is another one; names what differs.
    """

    def __init__(self, settings: StudySettings) -> None:
        self.settings = settings
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
                self.optuna.set_user_attr(_IDENTITY, dict(settings.identity))
            except DuplicatedStudyError:
                self.optuna = optuna.load_study(
                    study_name=settings.name, storage=self._storage, sampler=sampler, pruner=pruner
                )
                self._check_identity()
            self._id = self._storage.get_study_id_from_name(settings.name)

    def records(self) -> list[TrialRecord]:
        """All trials, by number."""
        with explaining(self.settings.storage):
            return [_record(trial) for trial in self.optuna.get_trials(deepcopy=False)]

    def has_trials_left(self, most: int | None) -> bool:
        """Whether a trial may begin where a study may have so many; None for no bound."""
        return most is None or sum(record.state in USED for record in self.records()) < most

    def begin(self, most: int | None) -> RunningTrial | None:
        """Take the next trial: one that has to be continued, or a new one; None where there are enough.

        Args:
            most: trials that the study may have; None for no bound.
        """
        self.put_back_lost()
        if not self.has_trials_left(most):
            return None
        with quiet():
            trial = RunningTrial(self, self.optuna.ask(self._distributions))
        if self._is_taken_already(trial, most):
            trial.end(State.FAIL)
            return None
        return trial

    def put_back_lost(self) -> None:
        """Put back the trials whose process is gone; one whose process keeps dying by itself has failed."""
        with explaining(self.settings.storage):
            for trial in self.optuna.get_trials(deepcopy=False, states=(State.RUNNING,)):
                if is_lost(trial):
                    self._put_back(trial, died=died_alone(trial))

    def running(self) -> int:
        """How many trials processes have now."""
        return sum(record.state == "running" for record in self.records())

    def set_attribute(self, number: int, name: str, value: object) -> None:
        """Keep something with a trial that is running."""
        self._storage.set_trial_user_attr(self._trial_id(number), name, value)

    def _put_back(self, trial: FrozenTrial, *, died: bool) -> None:
        deaths = int(trial.user_attrs.get("deaths", 0)) + died
        again = deaths < _DEATHS
        try:
            if not again:
                text = f"its process has died {deaths} times, probably for lack of memory"
                self.set_attribute(trial.number, "reason", text)
            self._storage.set_trial_state_values(self._trial_id(trial.number), State.FAIL)
        except UpdateFinishedTrialError:
            return  # another process has done it
        if again and len(trial.params) == len(self._distributions):
            kept = {
                "continues": _first_number(trial),
                "deaths": deaths,
                "is_default": _is_default(trial, self.settings),
            }
            self.optuna.enqueue_trial(trial.params, user_attrs=kept)

    def put_back(self, number: int) -> None:
        """Put back a running trial, so that it is continued later."""
        self._put_back(self._storage.get_trial(self._trial_id(number)), died=False)

    def _is_taken_already(self, trial: RunningTrial, most: int | None) -> bool:
        """Whether two processes have taken the last trial of the budget, or the same one, and this one is too much."""
        before = [record for record in self.records() if record.number < trial.number and record.state in USED]
        doubles = any(record.continues == trial.first_number for record in before)
        return doubles or (most is not None and len(before) >= most)

    def _trial_id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._id, number)

    def _check_identity(self) -> None:
        name, place = self.settings.name, shown_storage(self.settings.storage)
        waited = time.monotonic()
        while (before := self.optuna.user_attrs.get(_IDENTITY)) is None:
            if self.optuna.get_trials(deepcopy=False):
                raise InputError(f"{place}: the study {name!r} was not made by onoma; choose another name with --study")
            if time.monotonic() - waited > _WAIT_FOR_IDENTITY:  # whoever made it died before it said what it is
                self.optuna.set_user_attr(_IDENTITY, dict(self.settings.identity))
            time.sleep(0.1)
        if found := changes(before, self.settings.identity):
            raise InputError(
                f"{place}: the study {name!r} is another search:\n"
                + "".join(f"  {key}: {change}\n" for key, change in sorted(found.items()))
                + "use what it began with, or begin another study (--study NAME, or another output)"
            )


class RunningTrial:
    """A trial that this process has.

    Args:
        study: whose it is.
        trial: as Optuna has it, with its values.

    Attributes:
        params: the values of its settings.
        number: its own.
        first_number: that of the trial that it continues, or its own.
    """

    def __init__(self, study: Study, trial: optuna.Trial) -> None:
        self._study = study
        self._trial = trial
        self.number = trial.number
        self.params: Params = dict(trial.params)
        self.first_number = _first_number(trial)
        study.set_attribute(self.number, "worker", this_worker())
        if _is_default(trial, study.settings):
            study.set_attribute(self.number, "is_default", True)
        self._reported: set[int] = set()
        self._seen = _Seen(study, self.number)

    def report(self, epoch: int, epochs: int, f1: float) -> None:
        """Say how good it is after an epoch; kept where another tenth of the run is over.

        Args:
            epoch: counted from 1.
            epochs: of the whole run.
            f1: on dev, a fraction of 1.
        """
        step = STEPS * epoch // epochs
        if step and step not in self._reported:
            self._reported.add(step)
            self._trial.report(f1, step)

    def should_end(self) -> bool:
        """Whether it is worse than others at the same share of their runs."""
        return self._trial.should_prune()

    def finish(self, f1: float, *, seconds: float, counts: Sequence[tuple[int, int, int]] | None) -> None:
        """Keep what it has reached.

        Args:
            f1: on dev, of its best epoch, a fraction of 1.
            seconds: that it trained.
            counts: as in :class:`~onoma.tuning.records.TrialRecord`.
        """
        self._study.set_attribute(self.number, "seconds", seconds)
        if counts is not None:
            self._study.set_attribute(self.number, "counts", counts)
        self.end(State.COMPLETE, value=f1)

    def prune(self, *, seconds: float) -> None:
        """End it since it is worse than others."""
        self._study.set_attribute(self.number, "seconds", seconds)
        self.end(State.PRUNED)

    def fail(self, reason: str, *, seconds: float) -> None:
        """End it for a reason."""
        self._study.set_attribute(self.number, "seconds", seconds)
        self._study.set_attribute(self.number, "reason", reason)
        self.end(State.FAIL)

    def put_back(self) -> None:
        """Leave it to whoever continues it."""
        self._seen.stop()
        self._study.put_back(self.number)

    def end(self, state: State, *, value: float | None = None) -> None:
        """Tell the study how it has ended."""
        self._seen.stop()
        with quiet():
            self._study.optuna.tell(self._trial, value, state=state)


class _Seen:
    """Tells the storage now and then that a trial's process is there, for those who cannot ask the system.

    It ends with the trial, also where that is dropped.
    """

    def __init__(self, study: Study, number: int) -> None:
        self._stop = Event()
        finalize(self, self._stop.set)
        study.set_attribute(number, "seen", time.time())
        self._thread = Thread(target=_tell, args=(ref(study), number, self._stop), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def _tell(study: ref[Study], number: int, stop: Event) -> None:
    while not stop.wait(SEEN_EVERY):
        if (found := study()) is None:
            return
        with suppress(OptunaError, SQLAlchemyError, OSError):  # it is tried again
            found.set_attribute(number, "seen", time.time())
        del found


def _pruner(name: PrunerName) -> BasePruner:
    if name == "median":
        return MedianPruner(n_startup_trials=_UNJUDGED_TRIALS, n_warmup_steps=_UNJUDGED_STEPS)
    if name == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource=STEPS, reduction_factor=3)
    return NopPruner()


def _record(trial: FrozenTrial) -> TrialRecord:
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
        state=states[trial.state],
        params=dict(trial.params),
        f1=value,
        reason=reason,
        seconds=float(attributes.get("seconds", 0.0)),
        continues=_first_number(trial),
        is_default=bool(attributes.get("is_default")),
        worker=str(attributes.get("worker", {}).get("machine", "")),
        counts=None if counts is None else [(correct, predicted, gold) for correct, predicted, gold in counts],
    )


def _first_number(trial: AnyTrial) -> int:
    return int(trial.user_attrs.get("continues", trial.number))


def _is_default(trial: AnyTrial, settings: StudySettings) -> bool:
    return bool(trial.user_attrs.get("is_default")) or (trial.number == 0 and settings.first is not None)
