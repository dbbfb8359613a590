"""Who has a running trial: the process on this machine or another one, and whether it is still there."""

from __future__ import annotations

import os
import time
from datetime import datetime

from optuna.trial import FrozenTrial

from onoma.machine import process_mark, this_machine

SEEN_EVERY = 30.0
"""Seconds after which a process that has a trial says again that it is there."""

_LOST_AFTER = 240.0
"""Seconds."""


def this_worker() -> dict[str, str | None]:
    """Who has a trial: the machine, the process, and the one that has started it."""
    return {
        "machine": this_machine(),
        "process": process_mark(os.getpid()),
        "parent": process_mark(os.getppid()),
    }


def is_lost(trial: FrozenTrial) -> bool:
    """Whether the process of a running trial is gone, or has not been seen for minutes where it is elsewhere."""
    worker, seen = trial.user_attrs.get("worker"), trial.user_attrs.get("seen")
    if worker is not None and worker["machine"] == this_machine():
        return not _is_there(worker["process"])
    if seen is not None:
        return time.time() - float(seen) > _LOST_AFTER
    begun = trial.datetime_start
    return begun is None or (datetime.now() - begun).total_seconds() > _LOST_AFTER


def died_alone(trial: FrozenTrial) -> bool:
    """Whether its process has died though the one that had started it has not."""
    worker = trial.user_attrs.get("worker")
    return worker is not None and worker["machine"] == this_machine() and _is_there(worker["parent"])


def _is_there(mark: str | None) -> bool:
    return mark is not None and process_mark(int(mark.partition(" ")[0])) == mark
