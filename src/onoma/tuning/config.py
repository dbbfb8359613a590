"""A run and the space that is searched around it, from a TOML file and options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onoma.engine import config
from onoma.errors import ConfigError
from onoma.training import RunConfig
from onoma.training.config import check_tasks

_ASKED_FOR_BY = {"output": "output (--output)", "data": "data.train (--train)", "data.train": "data.train (--train)"}


class TuneConfig(RunConfig):
    """A run, and what is searched.

    Attributes:
        space: ranges and choices by key; by default chosen by the size of the training text.
    """

    space: dict[str, Any] | None = None

    @property
    def run(self) -> RunConfig:
        """The run alone."""
        return RunConfig.model_validate({name: getattr(self, name) for name in RunConfig.model_fields})


def read_tune_config(path: Path | None, *, settings: Mapping[str, object]) -> TuneConfig:
    """Put a search together from a TOML file and named settings; the later win.

    Args:
        path: a TOML file, or None.
        settings: values by dotted key, such as ``data.train``; None means not given.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value does not fit, or it cannot be searched.
    """
    found = config.read_config(TuneConfig, path, settings=settings, asked_for=_ASKED_FOR_BY)
    check_tasks(found)
    if not found.data.dev:
        raise ConfigError("there is no dev text to compare trials on; name it with --dev")
    if found.adapt is not None:
        raise ConfigError(
            "adapt: each trial would adapt the encoder again; do it once with `onoma pretrain --encoder NAME`, and "
            "name its folder with --encoder"
        )
    return found


def without_test(run: RunConfig) -> RunConfig:
    """The run without any test text, so that a search cannot look at it, and without other loggers."""
    return run.model_copy(
        update={
            "data": run.data.model_copy(update={"test": ()}),
            "task": tuple(task.model_copy(update={"test": ()}) for task in run.task),
            "training": run.training.model_copy(update={"log": ()}),
        }
    )
