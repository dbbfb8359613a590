"""Identity of the worker process that runs a trial, on this machine or another, and whether it is still alive."""

from __future__ import annotations

import os
import sys
import time

from optuna.trial import FrozenTrial

from onoma.machine import process_identity, this_machine

SEEN_EVERY = 30.0
"""Seconds between the heartbeats of a process that runs a trial."""

_HEARTBEAT_TIMEOUT = 240.0
"""Seconds without a heartbeat after which a trial on another machine counts as lost."""


def this_worker() -> dict[str, str | None]:
    """Return the identity of this worker: its machine, its process and its parent process."""
    return {
        "machine": this_machine(),
        "process": process_identity(os.getpid()),
        "parent": process_identity(os.getppid()),
    }


def is_lost(trial: FrozenTrial) -> bool:
    """Return whether a running trial's process is dead or, on another machine, has sent no heartbeat for minutes.

    Windows does not say whether a process is alive, so that its heartbeat counts there too. The process of the trial
    must be known.
    """
    worker = trial.user_attrs["worker"]
    if worker["machine"] == this_machine() and sys.platform != "win32":
        return not _is_alive(worker["process"])
    return time.time() - float(trial.user_attrs["seen"]) > _HEARTBEAT_TIMEOUT


def died_alone(trial: FrozenTrial) -> bool:
    """Return whether a trial's process has died while its parent process is still running."""
    worker = trial.user_attrs.get("worker")
    return worker is not None and worker["machine"] == this_machine() and _is_alive(worker["parent"])


def _is_alive(identity: str | None) -> bool:
    return identity is not None and process_identity(int(identity.partition(" ")[0])) == identity
