"""What cells do in worker processes of tests: a candidate is named by it. No torch is used."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from onoma.errors import InputError
from onoma.experiments import Cell, CellRecord
from support.records import record


def cell(candidate: str, *, seed: int = 1) -> Cell:
    """A cell of which nothing matters but what it does."""
    return Cell(corpus="data", candidate=candidate, sentences=None, seed=seed, tables={})


def attempts(of: Cell, folder: Path) -> int:
    """How often a cell was begun."""
    return len(list(folder.glob(f"{of.candidate} {of.seed} *")))


def train(of: Cell, folder: Path, report: Callable[[str], None]) -> CellRecord:
    """Do what the candidate is called, and leave a file for each attempt."""
    number = attempts(of, folder)
    (folder / f"{of.candidate} {of.seed} {number}").touch()
    report(str(os.getpid()))
    match of.candidate:
        case "is refused":
            raise InputError("no such file")
        case "has a fault":
            raise ZeroDivisionError("divided")
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        case "dies once" if number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        case "waits":
            signal.pause()
        case "stops with another":
            signal.signal(signal.SIGTERM, lambda *_: _stop_with_another(of, folder))
            report("ready")
            signal.pause()
        case "says its threads":
            report(os.environ["OMP_NUM_THREADS"])
        case _:
            pass
    return record(of.candidate, seed=of.seed)


def _stop_with_another(of: Cell, folder: Path) -> None:
    """Wait for the other end of a pipe: the process of the first seed is killed by an alarm if it stops alone."""
    signal.alarm(20)
    with (folder / "pipe").open("rb" if of.seed == 1 else "wb"):
        (folder / f"stopped {of.seed}").touch()
    os._exit(0)
