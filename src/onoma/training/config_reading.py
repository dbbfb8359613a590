"""Reading of the configuration of a training run, with the checks that compare several of its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from onoma.bundle import ENTITIES
from onoma.engine import config
from onoma.errors import ConfigError
from onoma.training.baseline_config import check_settings
from onoma.training.config import RunConfig, TaskConfig

_TASK_NAME = re.compile("[a-z][a-z0-9_-]*")
_RESERVED_NAMES = frozenset(
    [
        "logits",
        "input_ids",
        "attention_mask",
        "text",
        "sent_id",
        "newdoc",
        "newpar",
        "threshold",
        "f1",
        "precision",
        "recall",
    ]
)
"""Names that a task cannot have, because graphs, CoNLL-U files or metrics use them otherwise."""

_MASKED_SETTINGS = frozenset(["name", "kind", "train", "format", "encoding", "weight"])
"""Keys that a task of masked language modelling has; its text is read without annotation, all of it and once."""

OPTION_NAMES = {"output": "output (--output)", "data": "data.train (--train)", "data.train": "data.train (--train)"}
"""Settings that have an option of their own, with it, for messages that they are missing."""


def read_config(
    path: Path | None,
    *,
    base: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
) -> RunConfig:
    """Read the configuration of a run from a TOML file and from single settings, which override the file.

    Args:
        path: path of a TOML file; None for no file.
        base: configuration to start from if there is no file, as returned by :meth:`RunConfig.model_dump`.
        settings: values by dotted key, such as ``data.train``; None for a setting that is not given.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, or a value is invalid.
    """
    run = config.read_config(RunConfig, path, base=base, settings=settings, option_names=OPTION_NAMES)
    check_settings(run, encoder=run.model.encoder)
    check_tasks(run)
    return run


def check_tasks(run: RunConfig) -> None:
    """Check the tables of the tasks, before any file is read.

    Raises:
        ConfigError: the name of a task cannot be used, or a setting does not fit the kind of the task.
    """
    names = [ENTITIES]
    for task in run.task:
        where = f"task {task.name!r}"
        if not _TASK_NAME.fullmatch(task.name) or task.name in _RESERVED_NAMES or hasattr(nn.ModuleDict(), task.name):
            raise ConfigError(
                f"{where}: the name cannot be used; take another one, of lower-case letters, digits, - and _"
            )
        if task.name in names:
            raise ConfigError(f"{where}: two tasks have this name; give one of them another")
        names.append(task.name)
        if task.kind == "mlm":
            _check_masked(run, task, where)
            continue
        if not task.train:
            raise ConfigError(f'{where}: has no data; name the files to learn from, as in train = "train.conll"')
        heads = ("linear", "crf", "span") if task.kind == "tags" else ("linear",)
        if task.head not in heads:
            known = ", ".join(heads)
            raise ConfigError(f"{where}: head: {task.head!r} is no head of the kind {task.kind}; choose from {known}")
        if task.kind != "tags" and any(corpus.unannotated for corpus in task.corpora):
            raise ConfigError(f"{where}: corpora: only tasks of the kind tags can leave open what is not annotated")
    dev_tasks = [ENTITIES] * bool(run.data.dev) + [task.name for task in run.predicted if task.dev]
    best = run.training.best_task
    if best is not None and best not in dev_tasks:
        choices = f"choose from {', '.join(dev_tasks)}" if dev_tasks else "give a task dev text"
        raise ConfigError(f"training.best_task: there is no task {best!r} with dev text; {choices}")


def _check_masked(run: RunConfig, task: TaskConfig, where: str) -> None:
    unused = [key for key in task.model_dump(exclude_defaults=True) if key not in _MASKED_SETTINGS]
    if unused:
        raise ConfigError(
            f"{where}: a task of the kind mlm only helps and is not measured; leave out its {' and '.join(unused)}"
        )
    if run.masked is not task:
        raise ConfigError(f"{where}: a second task of the kind mlm; name all texts in one")
