"""Configuration of a search: a run and the search space around it, from a TOML file and options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import model_validator

from onoma.bundle import ENTITIES
from onoma.engine import config
from onoma.errors import ConfigError
from onoma.training import RunConfig
from onoma.training.config import with_head
from onoma.training.config_reading import OPTION_NAMES, check_tasks
from onoma.tuning.space import needs_linear_head


class TuneConfig(RunConfig):
    """Settings of a run, and the search space around it.

    Attributes:
        space: ranges and choices by key; by default chosen by the size of the training text.
    """

    space: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _choose_head(cls, tables: object) -> object:
        if isinstance(tables, dict) and isinstance(tables.get("space"), dict) and needs_linear_head(tables["space"]):
            return with_head(tables, "linear")
        return tables

    @property
    def run(self) -> RunConfig:
        """Settings of the run, without the search space."""
        return RunConfig.model_validate({name: getattr(self, name) for name in RunConfig.model_fields})


def read_tune_config(path: Path | None, *, settings: Mapping[str, object]) -> TuneConfig:
    """Build the configuration of a search from a TOML file and settings, which override those of the file.

    Args:
        path: path of a TOML file, or None.
        settings: values by dotted key, such as ``data.train``; None means not set.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value is invalid, there is no dev set, the run adapts
            its encoder, or its best epoch is chosen by another task.
    """
    tune_config = config.read_config(TuneConfig, path, settings=settings, option_names=OPTION_NAMES)
    check_tasks(tune_config)
    if not tune_config.data.dev:
        raise ConfigError("there is no dev text to compare trials on; name it with --dev")
    if tune_config.training.best_task not in (None, ENTITIES):
        raise ConfigError("training.best_task: trials are compared by the F1 of the entities; remove the setting")
    if tune_config.adapt is not None:
        raise ConfigError(
            "adapt: each trial would adapt the encoder again; do it once with `onoma pretrain --encoder NAME`, and "
            "name its folder with --encoder"
        )
    return tune_config


def without_test(run: RunConfig) -> RunConfig:
    """Return the run without test sets, so that a search cannot use them, and without additional loggers."""
    return run.model_copy(
        update={
            "data": run.data.without_test(),
            "task": tuple(task.without_test() for task in run.task),
            "training": run.training.model_copy(update={"log": ()}),
        }
    )
