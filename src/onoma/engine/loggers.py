"""Listeners that log training metrics to TensorBoard and MLflow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from onoma.engine.events import Ended, EpochEnded, Event, Planned, Stepped
from onoma.engine.history import EVERY, TENSORBOARD, step_figures
from onoma.errors import optional_import

_MLFLOW_RUN_FILE = "mlflow.run"


class Logger(ABC):
    """Base class of listeners that log the same metrics as the history.

    Args:
        folder: folder of the run.
        name: name of the run in the log.
    """

    def __init__(self, folder: Path, *, name: str) -> None:
        self.folder = folder
        self.name = name

    @abstractmethod
    def begin(self, plan: Planned) -> None:
        """Open the log of a run."""

    @abstractmethod
    def log(self, figures: Mapping[str, float], *, step: int) -> None:
        """Log metrics at a step."""

    @abstractmethod
    def end(self) -> None:
        """Close the log."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, Planned):
            self.begin(event)
        elif isinstance(event, Stepped) and event.number % EVERY == 0:
            figures = _numeric_items(step_figures(event), exclude=("step", "epoch", "seconds"))
            self.log({f"train/{name}": value for name, value in figures}, step=event.number)
        elif isinstance(event, EpochEnded):
            score = event.score.figures if event.score is not None else {}
            dev = {f"dev/{name}": value for name, value in score.items()}
            self.log({"train/epoch": float(event.number), **dev}, step=event.step)
        elif isinstance(event, Ended):
            self.end()


class TensorBoardLogger(Logger):
    """Writes TensorBoard event files to a subfolder of the run's folder, where `tensorboard --logdir` finds them."""

    def __init__(self, folder: Path, *, name: str) -> None:
        super().__init__(folder, name=name)
        _import_package("tensorboard", extra="tensorboard")
        self._writer: Any = None

    def begin(self, plan: Planned) -> None:
        # hide what a resumed run had logged after its checkpoint
        writer = import_module("torch.utils.tensorboard").SummaryWriter
        self._writer = writer(str(self.folder / TENSORBOARD), purge_step=plan.done + 1 if plan.done else None)

    def log(self, figures: Mapping[str, float], *, step: int) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def end(self) -> None:
        if self._writer is not None:
            self._writer.close()


class MlflowLogger(Logger):
    """Logs to the MLflow server of ``MLFLOW_TRACKING_URI``; a resumed run keeps its run id."""

    def __init__(self, folder: Path, *, name: str) -> None:
        super().__init__(folder, name=name)
        self._mlflow: Any = _import_package("mlflow", extra="mlflow")

    def begin(self, plan: Planned) -> None:
        path = self.folder / _MLFLOW_RUN_FILE
        run_id = path.read_text(encoding="utf-8") if plan.done and path.is_file() else None
        run = self._mlflow.start_run(run_id=run_id, run_name=self.name)
        path.write_text(run.info.run_id, encoding="utf-8")

    def log(self, figures: Mapping[str, float], *, step: int) -> None:
        self._mlflow.log_metrics(dict(figures), step=step)

    def end(self) -> None:
        self._mlflow.end_run()


LOGGERS: Mapping[str, Callable[..., Logger]] = MappingProxyType(
    {"tensorboard": TensorBoardLogger, "mlflow": MlflowLogger}
)
"""The loggers by their names in configurations."""


def make_loggers(names: Sequence[str], *, folder: Path, name: str) -> list[Logger]:
    """Return the loggers of a run.

    Raises:
        MissingExtraError: a package that a logger needs is not installed; the message has the command to install it.
    """
    return [LOGGERS[each](folder, name=name) for each in names]


def _import_package(package: str, *, extra: str) -> ModuleType:
    with optional_import(f"training.log = {extra}", extra=extra):
        return import_module(package)


def _numeric_items(figures: Mapping[str, object], *, exclude: Sequence[str] = ()) -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, int | float) and name not in exclude:
            yield name, float(value)
