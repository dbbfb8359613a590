"""The machine-readable training log ``history.jsonl``, with one JSON object per line.

- A line of a step has the keys ``kind`` ("step"), ``step``, ``epoch``, ``loss``, ``learning_rate``,
  ``subwords_per_second`` and ``seconds``.
- A line of an epoch has the keys ``kind`` ("epoch"), ``epoch``, ``step``, ``loss``, ``best``, ``seconds`` and, if the
  run has an evaluation, ``dev`` with its metrics.
- A model that is fitted at once has a single line with the keys ``kind`` ("fit"), ``seconds`` and, if it was evaluated,
  ``dev``.

Losses are smoothed, metrics are fractions between 0 and 1, and seconds are those of training without evaluation.
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
"""Number of steps between two logged steps."""


class History:
    """Listener that appends events to the history file; if the disk is full, the run continues without the history.

    Args:
        path: path of the history file.
        warn: function called once with a message if the file cannot be written.
    """

    def __init__(self, path: Path, *, warn: Callable[[str], object]) -> None:
        self.path = path
        self._warn = warn
        self._broken = False

    @property
    def size(self) -> int:
        """Current size of the file in bytes, as :meth:`cut` takes it."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def cut(self, size: int) -> None:
        """Truncate the file to a former size in bytes."""
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
    """Copy the history of a run, and its TensorBoard files if there are any, into the bundle."""
    if (run / HISTORY).is_file():
        shutil.copyfile(run / HISTORY, bundle / HISTORY)
    if (run / TENSORBOARD).is_dir():
        shutil.copytree(run / TENSORBOARD, bundle / TENSORBOARD)


def read_history(path: Path) -> list[dict[str, object]]:
    """Read the lines of a history file; return an empty list if the file does not exist."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines]


def step_figures(step: Stepped) -> dict[str, object]:
    """Return the history line of a step."""
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
    """Return the history line of an epoch."""
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
