"""Training runs shared by several benchmarks: each is executed once, by one of several processes, and compared by seed.

The folder of a finished run is reused, so an interrupted benchmark can be continued. Several processes may work on the
same benchmark: each takes runs that no other process has started. Differences are between models with the same seed.
`p` is the p-value of an exact paired randomisation test: the share of all sign assignments of the differences whose
mean is at least as far from 0.

The results of each run are cached (see known.py), so that a benchmark that needs only these does not repeat runs that
were done on another machine.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

from corpora import Parts
from filelock import FileLock, Timeout
from known import Run, figures_of, is_known, keep, settings_digest

from onoma.training import read_config, read_setting


@dataclass(frozen=True, slots=True)
class Model:
    """A run of `onoma train` with command-line options; the best epoch is chosen on dev."""

    folder: Path
    parts: Parts
    encoder: str
    settings: Mapping[str, object] = field(default_factory=dict)
    mark: ClassVar[str] = "onoma.json"

    def command(self) -> list[str]:
        files = ["--train", str(self.parts.train), "--dev", str(self.parts.dev), "--test", str(self.parts.test)]
        return ["train", *files, "--encoder", self.encoder, *sets(self.settings), "--output", str(self.folder)]

    def config(self) -> dict[str, object]:
        """Return all settings, including the defaults."""
        files = {f"data.{part}": [getattr(self.parts, part)] for part in ("train", "dev", "test")}
        settings = {**files, "model.encoder": self.encoder, "output": self.folder, **as_given(self.settings)}
        return read_config(None, settings=settings).model_dump(mode="json")

    def found(self) -> dict[str, Any]:
        """Return the scores on dev and test."""
        return _figures(self.folder)

    def dtype(self) -> str:
        """Return the dtype that it was trained in."""
        return _dtype(self.folder)

    def f1(self, part: str = "test") -> float:
        """Return exact F1 in percent."""
        return 100 * float(figures_of(self)[part]["f1"])


@dataclass(frozen=True, slots=True)
class TomlModel:
    """A run of `onoma train` with a TOML file, for settings that command-line options do not cover.

    Attributes:
        folder: output folder of the model; the TOML file is written next to it.
        data, model, training: keys and values of the tables `data`, `model` and `training`.
        corpora: tables of `data.corpora`, by the pattern of their files.
        tasks: tables of additional tasks.
    """

    folder: Path
    data: Mapping[str, object]
    corpora: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    model: Mapping[str, object] = field(default_factory=dict)
    training: Mapping[str, object] = field(default_factory=dict)
    tasks: Sequence[Mapping[str, object]] = ()
    mark: ClassVar[str] = Model.mark

    def command(self) -> list[str]:
        path = self.folder.with_name(f"{self.folder.name}.toml")
        tables = [("[data]", self.data), ("[model]", self.model), ("[training]", self.training)]
        tables += [("[[data.corpora]]", {"files": files, **table}) for files, table in self.corpora.items()]
        tables += [("[[task]]", table) for table in self.tasks]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(toml_tables([("", {"output": self.folder}), *tables]), encoding="utf-8")
        return ["train", str(path)]

    def config(self) -> dict[str, object]:
        """Return all settings, including the defaults."""
        tables = {"data": self.data, "model": self.model, "training": self.training}
        settings = {f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()}
        settings["data.corpora"] = [{"files": files, **table} for files, table in self.corpora.items()]
        run = read_config(None, settings={**settings, "task": list(self.tasks), "output": self.folder})
        return run.model_dump(mode="json")

    def found(self) -> dict[str, Any]:
        """Return the scores on dev and test."""
        return _figures(self.folder)

    def dtype(self) -> str:
        """Return the dtype that it was trained in."""
        return _dtype(self.folder)

    def f1(self, part: str = "test") -> float:
        """Return exact F1 in percent."""
        return 100 * float(figures_of(self)[part]["f1"])


def _figures(folder: Path) -> dict[str, Any]:
    return {
        part: {name: round(value, 6) for name, value in values.items()}
        for part, values in _provenance(folder)["figures"].items()
        if part in ("dev", "test")
    }


def _dtype(folder: Path) -> str:
    return str(_provenance(folder)["settings"]["training"]["dtype"])


def _provenance(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / Model.mark).read_text(encoding="utf-8"))["provenance"])


def toml_tables(tables: Sequence[tuple[str, Mapping[str, object]]]) -> str:
    """Serialize tables to TOML, each under its header; the header of the first table may be empty."""
    lines: list[str] = []
    for header, table in tables:
        lines += [*(["", header] if header else []), *(f"{key} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Serialize a number, string, path, list or inline table to TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def do(runs: Sequence[Run], *, figures_only: bool = False) -> None:
    """Execute all runs that are not finished or in progress in another process; resume interrupted ones.

    Args:
        runs: runs in the order in which they are started.
        figures_only: whether only the results are needed, so that runs with cached results are skipped.
    """
    for run in runs:
        if figures_only and is_known(run):
            continue
        lock = run.folder.with_name(f"{run.folder.name}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(lock, timeout=0):
                _check_settings(run)
                if not (run.folder / run.mark).exists():
                    print(f"{run.folder} …", flush=True)
                    again = ["--resume"] if (run.folder / "unfinished").exists() else []
                    subprocess.run([sys.executable, "-m", "onoma", *run.command(), *again], check=True)
                keep(run)
        except Timeout:
            continue


def _check_settings(run: Run) -> None:
    """Exit with an error if the folder was written with other settings."""
    path = run.folder.with_name(f"{run.folder.name}.settings")
    if not run.folder.exists() or not path.exists():
        path.write_text(settings_digest(run), encoding="utf-8")
    elif path.read_text(encoding="utf-8") != settings_digest(run):
        raise SystemExit(f"{run.folder}: was made with other settings; remove it")


def wait(runs: Sequence[Run]) -> None:
    """Wait for the runs in progress in other processes."""
    for run in runs:
        lock = run.folder.with_name(f"{run.folder.name}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            pass


def compared(with_: Sequence[Model | TomlModel], without: Sequence[Model | TomlModel]) -> dict[str, object]:
    """Return F1 of both groups of models, and the differences between models with the same seed."""
    differences = [one.f1() - other.f1() for one, other in zip(with_, without, strict=True)]
    return {
        "with": mean_and_deviation([model.f1() for model in with_]),
        "without": mean_and_deviation([model.f1() for model in without]),
        "difference": {**mean_and_deviation(differences), "p": p_value(differences)},
    }


def p_value(differences: Sequence[float]) -> float:
    """Return the p-value of an exact paired randomisation test; its minimum is 2 to the power of 1 - seeds."""
    size = abs(sum(differences)) - 1e-9
    sums = [
        abs(sum(sign * each for sign, each in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(each >= size for each in sums) / len(sums)


def mean_and_deviation(values: Sequence[float]) -> dict[str, object]:
    """Return the mean, the standard deviation and the values, rounded."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {
        "mean": round(statistics.mean(values), 2),
        "deviation": round(deviation, 2),
        "each": [round(value, 2) for value in values],
    }


def settings_suffix(settings: Mapping[str, object]) -> str:
    """Return settings other than the defaults as a part of the name of a folder or file."""
    return "".join(f"-{key.rpartition('.')[2]}={value}" for key, value in settings.items())


def sets(settings: Mapping[str, object]) -> list[str]:
    """Return settings as command-line options."""
    return [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]


def as_given(settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings as a command parses them from its options."""
    return dict(read_setting(f"{key}={value}") for key, value in settings.items())
