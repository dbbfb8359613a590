"""What a run keeps in its folder while it lasts: its identity, its history, its checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from onoma.bundle import CHECKPOINTS, HISTORY
from onoma.engine.checkpointer import Checkpointer, FileCheckpointer
from onoma.engine.checkpoints import Checkpoints
from onoma.engine.config import EngineConfig
from onoma.engine.events import Listener, Notice, several
from onoma.engine.history import History
from onoma.engine.identity import Identity
from onoma.engine.loggers import Logger
from onoma.engine.resume import check_resumable


def record(
    folder: Path | None,
    identity: Callable[[], Identity],
    *,
    settings: EngineConfig,
    loggers: list[Logger],
    accept_changes: bool,
    on_event: Listener,
) -> tuple[Listener, Checkpointer]:
    """Begin to keep a run, or go on with one that is the same.

    Args:
        folder: where to; None to keep nothing.
        identity: what the run is.
        settings: when checkpoints are written.
        loggers: other listeners.
        accept_changes: go on also where the run is not what it was.
        on_event: called with each event.

    Returns:
        What is to be called with each event in the place of ``on_event``, and what keeps checkpoints.

    Raises:
        InputError: the run in the folder is another one.
    """
    if folder is None:
        return on_event, Checkpointer()
    check_resumable(identity(), folder, accept_changes=accept_changes, on_event=on_event)
    history = History(folder / HISTORY, warn=lambda text: on_event(Notice(text)))
    checkpointer = FileCheckpointer(
        Checkpoints(folder / CHECKPOINTS),
        history=history,
        minutes=settings.checkpoint_minutes,
        steps=settings.checkpoint_steps,
        on_event=on_event,
    )
    return several(on_event, *loggers, history), checkpointer
