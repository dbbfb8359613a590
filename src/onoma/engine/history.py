"""``history.jsonl``: a run's figures for programs to read, one JSON object a line.

A step's line has ``kind`` "step", ``step``, ``epoch``, ``loss``, ``learning_rate``, ``subwords_per_second`` and
``seconds``; an epoch's ``kind`` "epoch", ``epoch``, ``step``, ``loss``, ``best``, ``seconds`` and, where dev is
measured, ``dev`` with its figures. A model that is fitted in one go has one line, with ``kind`` "fit", ``seconds`` and
``dev``. Losses are smoothed, figures fractions of 1, seconds those of training alone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from onoma.bundle import HISTORY
from onoma.engine.events import EpochEnded, Event, FitEnded, Stepped

TENSORBOARD = "tensorboard"
EVERY = 50
"""One step in so many is written."""


class History:
    """Appends to the file; if the disk is full the run continues without it.

    Args:
        path: the file.
        warn: called once if it cannot be written.
    """

    def __init__(self, path: Path, *, warn: Callable[[str], object]) -> None:
        self.path = path
        self._warn = warn
        self._broken = False

    @property
    def size(self) -> int:
        """Bytes, to come back to with :meth:`cut`."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def cut(self, size: int) -> None:
        """Forget what was written since the file had this size."""
        if self.size > size:
            os.truncate(self.path, size)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stepped) and event.number % EVERY == 0:
            self._append(step_figures(event))
        elif isinstance(event, EpochEnded):
            self._append(epoch_figures(event))
        elif isinstance(event, FitEnded):
            self._append(_fit_figures(event))

    def _append(self, figures: Mapping[str, object]) -> None:
        if self._broken:
            return
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(figures) + "\n")
        except OSError as error:
            self._broken = True
            self._warn(f"{self.path}: cannot be written ({error.strerror}); the history ends here")


def copy_logs(run: Path, bundle: Path) -> None:
    """Copy a run's history, and TensorBoard's files where there are any, into the bundle."""
    if (run / HISTORY).is_file():
        shutil.copyfile(run / HISTORY, bundle / HISTORY)
    if (run / TENSORBOARD).is_dir():
        shutil.copytree(run / TENSORBOARD, bundle / TENSORBOARD)


def read_history(path: Path) -> list[dict[str, object]]:
    """The lines of a history; none where there is no file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines]


def step_figures(step: Stepped) -> dict[str, object]:
    """A step's line."""
    return {
        "kind": "step",
        "step": step.number,
        "epoch": step.epoch,
        "loss": round(step.loss, 6),
        "learning_rate": step.learning_rate,
        "subwords_per_second": round(step.subwords_per_second, 1),
        "seconds": round(step.seconds, 3),
    }


def epoch_figures(epoch: EpochEnded) -> dict[str, object]:
    """An epoch's line."""
    figures: dict[str, object] = {
        "kind": "epoch",
        "epoch": epoch.number,
        "step": epoch.step,
        "loss": round(epoch.loss, 6),
        "best": epoch.best,
        "seconds": round(epoch.seconds, 3),
    }
    if epoch.score is not None:
        figures["dev"] = dict(epoch.score.figures)
    return figures


def _fit_figures(fit: FitEnded) -> dict[str, object]:
    figures: dict[str, object] = {"kind": "fit", "seconds": round(fit.seconds, 3)}
    if fit.score is not None:
        figures["dev"] = dict(fit.score.figures)
    return figures
