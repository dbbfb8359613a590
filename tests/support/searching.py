"""Searches that train nothing: what a trial reaches is computed from its values."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import optuna

from onoma.errors import TrainingError
from onoma.tuning import (
    Choice,
    Float,
    PrunedError,
    RunningTrial,
    SearchSpace,
    Study,
    StudySettings,
    TrialOutcome,
    TrialRecord,
    quiet,
)
from onoma.tuning.storage import close_storage, open_storage
from onoma.tuning.worker import work

RATE, HEAD = "training.learning_rate", "model.head"
SPACE = SearchSpace({RATE: Float(1e-5, 1e-3, True), HEAD: Choice(("linear", "crf"))})
FIRST = {RATE: 1e-4, HEAD: "linear"}


def settings_in(folder: Path, **changes: Any) -> StudySettings:
    """A study in SQLite."""
    given: dict[str, Any] = {
        "storage": f"sqlite:///{folder / 'study.db'}",
        "name": "onoma",
        "identity": {"training text": "a", **SPACE.texts()},
        "space": SPACE,
        "first": FIRST,
        "pruner": "none",
        "seed": 1,
    }
    return StudySettings(**{**given, **changes})


def delete_study(storage: str, name: str) -> None:
    """Delete a study with all its trials, if it exists."""
    with quiet():
        opened = open_storage(storage)
        try:
            with suppress(KeyError):
                optuna.delete_study(study_name=name, storage=opened)
        finally:
            close_storage(opened)


def reach(trial: RunningTrial, context: Mapping[str, Any], report: Callable[[str], None]) -> TrialOutcome:
    """Ten epochs, of which each is as good as the learning rate is near to 3e-4, or as ``f1`` of the context says.

    Args:
        trial: with its values.
        context: ``failing``, the number of a trial that fails, with the error ``error``; ``dying``, of one whose
            process is killed until there are ``deaths`` files in the folder ``marks``.
        report: called after each epoch.
    """
    f1 = context.get("f1", 1 - abs(float(trial.params[RATE]) - 3e-4) * 1e3)
    if trial.shown_number == context.get("failing"):
        raise context.get("error", TrainingError("does not fit in memory"))
    if trial.shown_number == context.get("dying"):
        deaths = len(list(context["marks"].iterdir()))
        if deaths < context["deaths"]:
            (context["marks"] / str(deaths)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    for epoch in range(1, 11):
        trial.report(epoch, 10, f1 * epoch / 10)
        report(f"epoch {epoch}")
        if trial.should_prune():
            raise PrunedError
    return TrialOutcome(f1=f1, seconds=1.0, counts=[(1, 2, 3)])


class _Listening:
    """The end of a pipe at which every question is answered with yes."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    def send(self, event: object) -> None:
        self.sent.append(event)

    def recv(self) -> bool:
        return True


def search_here(settings: StudySettings, *, most: int, context: Mapping[str, Any] | None = None) -> list[TrialRecord]:
    """Do what a process of a search does, in this one; the study's trials."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        work(_Listening(), settings, reach, context or {}, most)  # type: ignore[arg-type]
    finally:
        signal.signal(signal.SIGTERM, before)
    return Study(settings).records()


def die_with_a_trial(settings: StudySettings, *, most: int) -> None:
    """Begin a trial in a process that dies at once. Only where there is `os.fork`."""
    child = os.fork()
    if not child:
        Study(settings).begin(most)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


@contextmanager
def marks(folder: Path) -> Iterator[Path]:
    """A folder for the marks of deaths."""
    (folder / "marks").mkdir()
    yield folder / "marks"
