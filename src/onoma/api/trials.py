"""Training of one trial of a search: a resumable training run without export that is pruned by its F1 on dev."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.bundle import HISTORY
from onoma.errors import InputError, StoppedError
from onoma.io.files import remove

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.engine.events import Event
    from onoma.training import RunConfig, TrainedModel
    from onoma.tuning import RunningTrial, SearchSpace, TrialOutcome


@dataclass(frozen=True, slots=True)
class TrialContext:
    """Data shared by all trials of a search.

    Attributes:
        run: configuration of the original run, without test text.
        space: the search space.
        folder: parent of the folders in which trials keep their checkpoints while they run.
    """

    run: RunConfig
    space: SearchSpace
    folder: Path


def train_trial(trial: RunningTrial, context: TrialContext, report: Callable[[str], None]) -> TrialOutcome:
    """Train a trial; continue from its checkpoint if there is one.

    Args:
        trial: the trial with its parameters.
        context: data shared by all trials.
        report: function called with short progress messages.

    Returns:
        The best F1 of the trial on dev, its training time in this process, and its counts on dev.

    Raises:
        PrunedError: the pruner ended the trial because it was worse than others.
        StoppedError: the trial was stopped, and can be continued.
        OnomaError: the trial cannot be trained.
    """
    from optuna.exceptions import UpdateFinishedTrialError

    from onoma.training import read_history, run_training
    from onoma.tuning import TrialOutcome, in_blocks

    config = context.space.config(context.run, trial.params)
    folder = context.folder / f"{trial.shown_number:04d}"
    listener = _TrialListener(trial, report, history=lambda: read_history(folder / HISTORY))

    def train() -> TrainedModel:
        return run_training(config, on_event=listener, folder=folder)

    start_time = time.perf_counter()
    try:
        try:
            trained = train()
        except InputError:
            if not listener.has_refused_checkpoint:
                raise
            remove(folder)  # the checkpoint was refused: another version of onoma has written it
            trained = train()
    except (StoppedError, UpdateFinishedTrialError):
        raise  # the checkpoint is needed, in the second case by the process that has taken over the trial
    except Exception:
        remove(folder)
        raise
    if trained.state.interrupted:
        raise StoppedError("stopped while a trial was trained")
    score = trained.state.score
    assert score is not None  # a search always has a dev set
    remove(folder)
    counts = None if trained.dev_counts is None else in_blocks(trained.dev_counts)
    return TrialOutcome(f1=score.value, seconds=time.perf_counter() - start_time, counts=counts)


class _TrialListener:
    """A listener that reports the events of a run to the study and to the caller."""

    def __init__(
        self, trial: RunningTrial, report: Callable[[str], None], *, history: Callable[[], list[dict[str, object]]]
    ) -> None:
        self._trial = trial
        self._report = report
        self._history = history
        self._epochs = 1
        self._has_started = False

    @property
    def has_refused_checkpoint(self) -> bool:
        """Whether the run has a history but failed before training started, so that its checkpoint was refused."""
        return not self._has_started and bool(self._history())

    def __call__(self, event: Event) -> None:
        from onoma.engine.events import EpochEnded, Planned
        from onoma.tuning import PrunedError

        match event:
            case Planned(epochs=epochs, done=done):
                self._epochs, self._has_started = epochs, True
                for number, f1 in _list_finished_epochs(self._history()) if done else []:
                    self._trial.report(number, epochs, f1)
            case EpochEnded(number=number, score=score) if score is not None:
                self._trial.report(number, self._epochs, score.value)
                self._report(f"epoch {number}/{self._epochs}, dev F1 {100 * score.value:.2f}")
                if self._trial.should_prune():
                    raise PrunedError


def _list_finished_epochs(history: list[dict[str, object]]) -> list[tuple[int, float]]:
    """Return the number and the F1 on dev of each epoch that a run had finished before it was stopped."""
    epochs = []
    for line in history:
        dev = line.get("dev")
        if line["kind"] == "epoch" and isinstance(dev, dict) and "f1" in dev:
            epochs.append((int(str(line["epoch"])), float(dev["f1"])))
    return epochs
