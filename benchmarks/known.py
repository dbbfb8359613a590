"""Cache of the scores of finished runs, of this or another machine, in ``results/runs.jsonl``.

A run is identified by its configuration: by all settings that are not off, where a path counts as its file name and the
name of its folder. So a run is repeated if a setting or a default of onoma has changed, but not if only the code has
changed. To repeat it then, delete its line.
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
    """A run of an onoma command that writes a folder."""

    @property
    def folder(self) -> Path:
        """Output folder of the command."""

    @property
    def mark(self) -> str:
        """Name of the file that is written last, which marks the run as finished."""

    def command(self) -> list[str]:
        """Return the command-line arguments after `onoma`."""

    def config(self) -> dict[str, object]:
        """Return all settings, including the defaults."""

    def found(self) -> dict[str, Any]:
        """Return the results stored in the folder."""

    def dtype(self) -> str:
        """Return the dtype that it was trained in, as stored in the folder."""


_OPEN_SETTINGS = frozenset(["encoder_dropout", "freeze_embeddings", "head_first", "steps"])
"""Settings that are chosen automatically if they are not given, so that 0 and False differ from that."""


def settings_digest(run: Run) -> str:
    """Return a hash of the settings that identify a run."""
    text = json.dumps(_that_count(run.config()), sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def is_known(run: Run) -> bool:
    """Return whether the results of a run are known."""
    return settings_digest(run) in _lines()


def figures_of(run: Run) -> dict[str, Any]:
    """Return the results of a known run."""
    return dict(_lines()[settings_digest(run)]["figures"])


def sources(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Return the processors, dtypes, onoma versions and dates of known runs."""
    lines = _lines()
    found = [lines[settings_digest(run)] for run in runs]
    return {key: sorted({line[key] for line in found}) for key in ("processor", "dtype", "onoma", "date")}


def keep(run: Run) -> None:
    """Add the results of a finished run to the known ones."""
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
    """Return the settings that identify a run, with paths reduced to the last folder and the file name."""
    if isinstance(value, Mapping):
        named = {key: each for key, each in value.items() if each or (key in _OPEN_SETTINGS and each is not None)}
        return {key: _that_count(each) for key, each in named.items() if key != "output"}
    if isinstance(value, list):
        return [_that_count(each) for each in value]
    if isinstance(value, str) and "/" in value:
        return "/".join(Path(value).parts[-2:])
    return value
