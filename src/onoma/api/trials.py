"""A trial of a search: a training run without export, judged on dev after each tenth; it can be continued."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.bundle import HISTORY
from onoma.errors import InputError, StoppedError
from onoma.io.files import remove

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.engine.events import Event
    from onoma.training import RunConfig, Trained
    from onoma.tuning import Reached, RunningTrial, SearchSpace


@dataclass(frozen=True, slots=True)
class TrialContext:
    """What all trials of a search have in common.

    Attributes:
        run: the run as it is, without test text.
        space: what is searched.
        folder: below which each trial keeps its checkpoints while it lasts.
    """

    run: RunConfig
    space: SearchSpace
    folder: Path


def train_trial(trial: RunningTrial, context: TrialContext, report: Callable[[str], None]) -> Reached:
    """Train a trial, from its checkpoint where there is one.

    Args:
        trial: with its values.
        context: of all trials.
        report: called with what it is doing.

    Raises:
        PrunedError: it was worse than others.
        StoppedError: it was stopped, and can be continued.
        OnomaError: it cannot be trained.
    """
    from onoma.training import read_history, run_training
    from onoma.tuning import Reached, in_blocks

    config = context.space.config(context.run, trial.params)
    folder = context.folder / f"{trial.first_number:04d}"
    watch = _Watch(trial, report, history=lambda: read_history(folder / HISTORY))

    def run() -> Trained:
        return run_training(config, on_event=watch, folder=folder)

    started = time.perf_counter()
    try:
        try:
            trained = run()
        except InputError:
            if not watch.is_refused:
                raise
            remove(folder)  # the checkpoint is of another version of onoma
            trained = run()
    except StoppedError:
        raise
    except Exception:
        remove(folder)
        raise
    if trained.state.interrupted:
        raise StoppedError("stopped while a trial was trained")
    score = trained.state.score
    assert score is not None  # there is dev
    remove(folder)
    counts = None if trained.dev_counts is None else in_blocks(trained.dev_counts)
    return Reached(f1=score.value, seconds=time.perf_counter() - started, counts=counts)


class _Watch:
    """Tells the study and the caller what the events of a run say."""

    def __init__(
        self, trial: RunningTrial, report: Callable[[str], None], *, history: Callable[[], list[dict[str, object]]]
    ) -> None:
        self._trial = trial
        self._report = report
        self._history = history
        self._epochs = 1
        self._began = False

    @property
    def is_refused(self) -> bool:
        """Whether the run ended before it began to train though it has a history."""
        return not self._began and bool(self._history())

    def __call__(self, event: Event) -> None:
        from onoma.engine.events import EpochEnded, Planned
        from onoma.tuning import PrunedError

        match event:
            case Planned(epochs=epochs, done=done):
                self._epochs, self._began = epochs, True
                for number, f1 in _epochs_before(self._history()) if done else []:
                    self._trial.report(number, epochs, f1)
            case EpochEnded(number=number, score=score) if score is not None:
                self._trial.report(number, self._epochs, score.value)
                self._report(f"epoch {number}/{self._epochs}, dev F1 {100 * score.value:.2f}")
                if self._trial.should_end():
                    raise PrunedError


def _epochs_before(history: list[dict[str, object]]) -> list[tuple[int, float]]:
    """The epochs that a run had done before it was stopped, each with its F1 on dev."""
    found = []
    for line in history:
        dev = line.get("dev")
        if line["kind"] == "epoch" and isinstance(dev, dict) and "f1" in dev:
            found.append((int(str(line["epoch"])), float(dev["f1"])))
    return found
