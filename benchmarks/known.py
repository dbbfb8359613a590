"""Figures of runs that were done here or on another machine, in ``results/runs.jsonl``.

A run is known by its configuration, of which all settings count that are not off, and a file by its name and that of
its folder. So a run is done again when a setting or a default of onoma has changed, but not when its code has: to do it
again, delete its line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock
from results import RESULTS

from onoma.engine.identity import code_versions
from onoma.machine import find_processor

_RUNS = RESULTS / "runs.jsonl"


class Run(Protocol):
    """A command of onoma that leaves a folder."""

    @property
    def folder(self) -> Path:
        """Where to."""

    @property
    def mark(self) -> str:
        """The file that is written last."""

    def command(self) -> list[str]:
        """What follows `onoma`."""

    def config(self) -> dict[str, object]:
        """All settings, those that were left to onoma included."""

    def found(self) -> dict[str, Any]:
        """The figures in the folder."""

    def dtype(self) -> str:
        """In which numbers it was trained, by the folder."""


def settings_digest(run: Run) -> str:
    """What two runs have in common that are the same."""
    text = json.dumps(_that_count(run.config()), sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def is_known(run: Run) -> bool:
    """Whether a run was done."""
    return settings_digest(run) in _lines()


def figures_of(run: Run) -> dict[str, Any]:
    """The figures of a run that was done."""
    return dict(_lines()[settings_digest(run)]["figures"])


def sources(runs: Sequence[Run]) -> dict[str, list[str]]:
    """On which processors, in which numbers, with which code and when runs were done."""
    lines = _lines()
    found = [lines[settings_digest(run)] for run in runs]
    return {key: sorted({line[key] for line in found}) for key in ("processor", "dtype", "onoma", "date")}


def keep(run: Run) -> None:
    """Add a run that has just been done to those that are known."""
    line = {
        "run": str(Path(*run.folder.parts[-2:])),
        "settings": settings_digest(run),
        "figures": run.found(),
        "dtype": run.dtype(),
        "processor": find_processor().name,
        "onoma": code_versions()["onoma"],
        "date": datetime.now(tz=UTC).date().isoformat(),
    }
    with FileLock(Path("runs") / "known.lock"):
        if not is_known(run):
            with _RUNS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _lines() -> dict[str, dict[str, Any]]:
    if not _RUNS.exists():
        return {}
    lines = map(json.loads, _RUNS.read_text(encoding="utf-8").splitlines())
    return {line["settings"]: line for line in lines}


def _that_count(value: object) -> object:
    """The settings that count, with no more of a path than its last folder and its name."""
    if isinstance(value, Mapping):
        return {key: _that_count(each) for key, each in value.items() if each and key != "output"}
    if isinstance(value, list):
        return [_that_count(each) for each in value]
    if isinstance(value, str) and "/" in value:
        return "/".join(Path(value).parts[-2:])
    return value
