"""When a run is saved, and how it is restored; a full disk is reported and does not end the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from onoma.engine.checkpoints import Checkpoints
from onoma.engine.events import Listener, Notice
from onoma.engine.history import History

_SHARE_AT_EPOCH = 0.2
"""Of the time between checkpoints; after that much of it an epoch's end is a good moment for the next one."""

Snapshot = Callable[[], dict[str, object]]


class Checkpointer:
    """What a loop needs of a checkpointer; this one keeps nothing."""

    def restore(self) -> dict[str, Any] | None:
        """The state to go on from; None to begin."""
        return None

    def step_done(self, step: int, snapshot: Snapshot) -> None:
        """A step is done and the state may be put on disk."""

    def epoch_done(self, step: int, snapshot: Snapshot) -> None:
        """An epoch is over, dev and all, and the state may be put on disk."""

    def write(self, step: int, snapshot: Snapshot) -> None:
        """The state has to be put on disk."""

    def last_checkpoint(self) -> str:
        """Which checkpoint there is, for people."""
        return "there is no checkpoint"


class FileCheckpointer(Checkpointer):
    """Writes checkpoints when they are due, and with each notes how far the history has come.

    Args:
        checkpoints: where to.
        history: comes back to that place when the run is resumed.
        minutes: between two checkpoints.
        steps: between two checkpoints, in the place of ``minutes``.
        on_event: called with a notice where a checkpoint could not be written.
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
        self._seconds = 60 * minutes
        self._steps = steps
        self._on_event = on_event
        self._written = time.monotonic()

    def restore(self) -> dict[str, Any] | None:
        """The history is cut to where it was."""
        state = self._checkpoints.read_newest(notice=lambda text: self._on_event(Notice(text)))
        self._history.cut(0 if state is None else state["history"])
        return None if state is None else state["run"]

    def step_done(self, step: int, snapshot: Snapshot) -> None:
        """Written if it is time to."""
        if step % self._steps == 0 if self._steps else self._waited(self._seconds):
            self.write(step, snapshot)

    def epoch_done(self, step: int, snapshot: Snapshot) -> None:
        """Written also somewhat before its time: it holds the figures on dev, which took time as well."""
        if self._steps or self._waited(_SHARE_AT_EPOCH * self._seconds):
            self.write(step, snapshot)

    def write(self, step: int, snapshot: Snapshot) -> None:
        """If the checkpoint cannot be written, the listener gets a notice and the run continues."""
        try:
            self._checkpoints.write({"run": snapshot(), "history": self._history.size}, step=step)
        except OSError as error:
            reason = f"{error.strerror}), {self.last_checkpoint()}; training continues"
            self._on_event(Notice(f"step {step}: no checkpoint could be written ({reason}"))
        self._written = time.monotonic()

    def last_checkpoint(self) -> str:
        step = self._checkpoints.last_step
        return "there is no checkpoint yet" if step is None else f"the last checkpoint is of step {step}"

    def _waited(self, seconds: float) -> bool:
        return time.monotonic() - self._written >= seconds
