"""Runs of `onoma` that several benchmarks need: done once, by one or several processes, and compared over seeds.

A run whose folder exists is used as it is, so a benchmark that was stopped goes on. Several processes may work on the
same benchmark: each takes runs that no other has begun. Differences are of the same seed; `p` is the share of all
choices of their signs whose mean is as far from 0.

The figures of each run are kept (see known.py), so that a benchmark which needs nothing but these does not repeat runs
that were done elsewhere.
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
    """A model that `onoma train` makes; the epoch is chosen on dev."""

    folder: Path
    parts: Parts
    encoder: str
    settings: Mapping[str, object] = field(default_factory=dict)
    mark: ClassVar[str] = "onoma.json"

    def command(self) -> list[str]:
        files = ["--train", str(self.parts.train), "--dev", str(self.parts.dev), "--test", str(self.parts.test)]
        return ["train", *files, "--encoder", self.encoder, *sets(self.settings), "--output", str(self.folder)]

    def config(self) -> dict[str, object]:
        """All settings, those that were left to onoma included."""
        files = {f"data.{part}": [getattr(self.parts, part)] for part in ("train", "dev", "test")}
        settings = {**files, "model.encoder": self.encoder, "output": self.folder, **as_given(self.settings)}
        return read_config(None, settings=settings).model_dump(mode="json")

    def found(self) -> dict[str, Any]:
        """The figures on dev and test."""
        return _figures(self.folder)

    def dtype(self) -> str:
        """In which numbers it was trained."""
        return _dtype(self.folder)

    def f1(self, part: str = "test") -> float:
        """Exact F1 of 100."""
        return 100 * float(figures_of(self)[part]["f1"])


@dataclass(frozen=True, slots=True)
class TomlModel:
    """A model that `onoma train` makes of the tables of a TOML file, for what options do not say.

    Attributes:
        folder: of the model; the file lies beside it.
        data, model, training: keys and values of the tables.
        corpora: tables under `data.corpora`, by the pattern of their files.
        tasks: tables of further tasks.
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
        """All settings, those that were left to onoma included."""
        tables = {"data": self.data, "model": self.model, "training": self.training}
        settings = {f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()}
        settings["data.corpora"] = [{"files": files, **table} for files, table in self.corpora.items()]
        run = read_config(None, settings={**settings, "task": list(self.tasks), "output": self.folder})
        return run.model_dump(mode="json")

    def found(self) -> dict[str, Any]:
        """The figures on dev and test."""
        return _figures(self.folder)

    def dtype(self) -> str:
        """In which numbers it was trained."""
        return _dtype(self.folder)

    def f1(self, part: str = "test") -> float:
        """Exact F1 of 100."""
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
    """Tables in TOML, each under its header; the first one may have none."""
    lines: list[str] = []
    for header, table in tables:
        lines += [*(["", header] if header else []), *(f"{key} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A value in TOML: a number, a text, a path, a list, or a table in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def do(runs: Sequence[Run], *, figures_only: bool = False) -> None:
    """Do all runs that nobody has done or is doing; one that was stopped goes on.

    Args:
        runs: in the order in which they are begun.
        figures_only: a run whose figures are known is not needed in its folder.
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
    """Refuse a folder that was made with other settings."""
    path = run.folder.with_name(f"{run.folder.name}.settings")
    if not run.folder.exists() or not path.exists():
        path.write_text(settings_digest(run), encoding="utf-8")
    elif path.read_text(encoding="utf-8") != settings_digest(run):
        raise SystemExit(f"{run.folder}: was made with other settings; remove it")


def wait(runs: Sequence[Run]) -> None:
    """Wait for the runs that other processes do."""
    for run in runs:
        lock = run.folder.with_name(f"{run.folder.name}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            pass


def compared(with_: Sequence[Model | TomlModel], without: Sequence[Model | TomlModel]) -> dict[str, object]:
    """F1 with and without, and the difference of each seed."""
    differences = [one.f1() - other.f1() for one, other in zip(with_, without, strict=True)]
    return {
        "with": mean_and_deviation([model.f1() for model in with_]),
        "without": mean_and_deviation([model.f1() for model in without]),
        "difference": {**mean_and_deviation(differences), "p": p_value(differences)},
    }


def p_value(differences: Sequence[float]) -> float:
    """By exchanging the two models of each seed in all ways: the smallest there can be is 2 to the power 1 - seeds."""
    size = abs(sum(differences)) - 1e-9
    sums = [
        abs(sum(sign * each for sign, each in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(each >= size for each in sums) / len(sums)


def mean_and_deviation(values: Sequence[float]) -> dict[str, object]:
    """The mean, the standard deviation and the values, rounded."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {
        "mean": round(statistics.mean(values), 2),
        "deviation": round(deviation, 2),
        "each": [round(value, 2) for value in values],
    }


def sets(settings: Mapping[str, object]) -> list[str]:
    """Settings as options of a command."""
    return [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]


def as_given(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings as a command reads them from its options."""
    return dict(read_setting(f"{key}={value}") for key, value in settings.items())
