"""Decides when a run writes checkpoints, and restores them. A full disk is reported and does not stop the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from onoma.engine.checkpoints import Checkpoints
from onoma.engine.events import Listener, Notice
from onoma.engine.history import History

_EPOCH_END_INTERVAL_SHARE = 0.2
"""Share of the time between two checkpoints after which the end of an epoch triggers the next checkpoint early."""

Snapshot = Callable[[], dict[str, object]]


class Checkpointer:
    """The interface of checkpointers; this base class saves nothing."""

    def restore(self) -> dict[str, Any] | None:
        """Return the state to resume from; None to start from the beginning."""
        return None

    def step_done(self, step: int, snapshot: Snapshot) -> None:
        """Write a checkpoint after a step if one is due."""

    def epoch_done(self, step: int, snapshot: Snapshot) -> None:
        """Write a checkpoint after an epoch and its evaluation if one is due."""

    def write(self, step: int, snapshot: Snapshot) -> None:
        """Write a checkpoint now."""

    def last_checkpoint(self) -> str:
        """Describe the last checkpoint, for messages to the user."""
        return "there is no checkpoint"


class FileCheckpointer(Checkpointer):
    """Writes checkpoints to files when they are due, together with the current size of the history file.

    Args:
        checkpoints: checkpoint files of the run.
        history: history of the run; it is truncated to the saved size when the run is resumed.
        minutes: time between two checkpoints in minutes.
        steps: number of steps between two checkpoints; replaces ``minutes`` if given.
        on_event: function called with a notice if a checkpoint could not be written.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        *,
        history: History,
        minutes: float = 5.0,
        steps: int | None = None,
        on_event: Listener,
    ) -> None:
        self._checkpoints = checkpoints
        self._history = history
        self._interval_seconds = 60 * minutes
        self._interval_steps = steps
        self._on_event = on_event
        self._last_write_time = time.monotonic()

    def restore(self) -> dict[str, Any] | None:
        """Return the state to resume from, and truncate the history to its size at that time."""
        state = self._checkpoints.read_newest(notice=lambda text: self._on_event(Notice(text)))
        self._history.cut(0 if state is None else state["history"])
        return None if state is None else state["run"]

    def step_done(self, step: int, snapshot: Snapshot) -> None:
        """Write a checkpoint if the time or the number of steps since the last one has passed."""
        if step % self._interval_steps == 0 if self._interval_steps else self._has_elapsed(self._interval_seconds):
            self.write(step, snapshot)

    def epoch_done(self, step: int, snapshot: Snapshot) -> None:
        """Write a checkpoint, also if it is not fully due yet, so that the evaluation on dev is not repeated."""
        if self._interval_steps or self._has_elapsed(_EPOCH_END_INTERVAL_SHARE * self._interval_seconds):
            self.write(step, snapshot)

    def write(self, step: int, snapshot: Snapshot) -> None:
        """Write a checkpoint now; if this fails, the listener gets a notice and the run continues."""
        try:
            self._checkpoints.write({"run": snapshot(), "history": self._history.size}, step=step)
        except OSError as error:
            text = f"no checkpoint could be written ({error.strerror}), {self.last_checkpoint()}; training continues"
            self._on_event(Notice(f"step {step}: {text}"))
        self._last_write_time = time.monotonic()

    def last_checkpoint(self) -> str:
        step = self._checkpoints.last_step
        return "there is no checkpoint yet" if step is None else f"the last checkpoint is of step {step}"

    def _has_elapsed(self, seconds: float) -> bool:
        return time.monotonic() - self._last_write_time >= seconds
