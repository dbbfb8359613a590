"""The settings that any training has, and how a configuration is put together: one TOML, every key checked.

This module does not know what is trained, nor which tables a configuration has.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar, get_args

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from onoma.engine.dtype import Dtype, DtypeName
from onoma.engine.groups import GroupSettings
from onoma.engine.learner import LearnerSettings
from onoma.errors import ConfigError


class Frozen(BaseModel):
    """A table of a configuration: it cannot be changed, and knows each of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_Config = TypeVar("_Config", bound=Frozen)


class EngineConfig(Frozen):
    """How anything is trained.

    Attributes:
        learning_rate: at its height; by default 5e-5 times 768 over the encoder's width.
        batch_subwords: subwords of a padded batch; by default a 150th of the training text, 128 to 1,024.
        warmup: share of all steps in which the rate climbs to its height before it falls to zero.
        weight_decay: decoupled; not for biases and layer norms.
        clip: largest norm of the gradient.
        seed: of weights, order and dropout.
        device: `auto` takes a GPU where there is one.
        dtype: `fp32`, `bf16`, `fp16`, or `auto`: 16 bits where they multiply clearly faster.
        accumulate: batches whose gradients are added up for one step.
        layer_decay: each layer learns so many times as fast as the one above it.
        head_learning_rate: the head's own rate; by default that of the encoder.
        freeze_layers: lowest layers to leave as they are, and the embeddings with them.
        freeze_embeddings: leave the embeddings as they are; off by default.
        recompute: save memory by computing each layer a second time for the backward pass.
        average: share of itself that a moving average of the weights keeps in a step, such as 0.999; it is then the
            average that is measured and kept.
        checkpoint_minutes: time between checkpoints; one more is written at an epoch's end if a fifth of it has passed.
        checkpoint_steps: write a checkpoint every so many steps instead.
        log: where else to log to: `tensorboard`, `mlflow`.
    """

    learning_rate: float | None = Field(default=None, gt=0, le=1)
    batch_subwords: int | None = Field(default=None, ge=1)
    warmup: float = Field(default=0.1, ge=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    seed: int = Field(default=1, ge=0)
    device: str = "auto"
    dtype: DtypeName = "auto"
    accumulate: int = Field(default=1, ge=1)
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    head_learning_rate: float | None = Field(default=None, gt=0, le=1)
    freeze_layers: int = Field(default=0, ge=0)
    freeze_embeddings: bool | None = None
    recompute: bool = False
    average: float | None = Field(default=None, gt=0, lt=1)
    checkpoint_minutes: float = Field(default=5.0, gt=0)
    checkpoint_steps: int | None = Field(default=None, ge=1)
    log: tuple[Literal["tensorboard", "mlflow"], ...] = ()

    @field_validator("log", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


def learner_settings(
    settings: EngineConfig, *, device: torch.device, dtype: Dtype, learning_rate: float
) -> LearnerSettings:
    """What the settings say of a step.

    Args:
        settings: what the user has said.
        device: where it is trained.
        dtype: in which numbers.
        learning_rate: at its height, which the settings may leave open.
    """
    groups = GroupSettings(
        learning_rate=learning_rate,
        weight_decay=settings.weight_decay,
        layer_decay=settings.layer_decay,
        head_learning_rate=settings.head_learning_rate,
        freeze_embeddings=settings.freeze_embeddings or False,
        freeze_layers=settings.freeze_layers,
    )
    return LearnerSettings(
        groups=groups,
        warmup=settings.warmup,
        clip=settings.clip,
        device=device,
        dtype=dtype,
        average=settings.average,
        seed=settings.seed,
    )


def read_config(
    model: type[_Config],
    path: Path | None,
    *,
    base: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    asked_for: Mapping[str, str],
) -> _Config:
    """Put a configuration together from a TOML file and named settings; the later win.

    Args:
        model: what it is, a table of tables.
        path: a TOML file, or None.
        base: what to begin with in the place of a file, as ``model_dump`` gives it.
        settings: values by dotted key, such as ``data.train``; None means not given.
        asked_for: how to ask for what is missing, by dotted key, such as ``data.train (--train)``.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, or a value does not fit.
    """
    tree: dict[str, object] = copy.deepcopy(dict(base or {}))
    if path is not None:
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; pass a TOML file such as run.toml") from error
        except ValueError as error:
            raise ConfigError(f"{path}: is not TOML: {error}") from error
    for key, value in (settings or {}).items():
        if value is not None:
            _put(tree, key, value)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_explain(error, path, model=model, asked_for=asked_for)) from error


def read_setting(text: str) -> tuple[str, object]:
    """The dotted key and the value of a ``key=value`` text; a value that is not TOML is taken as a string.

    Raises:
        ConfigError: the text is none.
    """
    key, equals, literal = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise ConfigError(f"--set {text}: expected key=value, as in training.epochs=3")
    try:
        return key, tomllib.loads(f"value = {literal}")["value"]
    except tomllib.TOMLDecodeError:
        return key, literal


def _put(tree: dict[str, object], key: str, value: object) -> None:
    *tables, last = key.split(".")
    for table in tables:
        inner = tree.setdefault(table, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{key}: {table} is a value, not a table")
        tree = inner
    tree[last] = value


def _explain(error: ValidationError, path: Path | None, *, model: type[BaseModel], asked_for: Mapping[str, str]) -> str:
    """Each complaint on a line, with the key it is about and the keys there are."""
    lines = []
    for problem in error.errors():
        names = [part for part in problem["loc"] if isinstance(part, str)]
        key = ".".join(names)
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key!r}; known here: {', '.join(_known(names[:-1], model=model))}")
        elif problem["type"] == "missing":
            lines.append(f"{asked_for.get(key, key)} is missing; give it there or in a TOML file")
        else:
            lines.append(f"{key}: {problem['msg']}, not {problem['input']!r}")
    return "\n".join(f"{path or 'run'}: {line}" for line in lines)


def _known(tables: Sequence[str], *, model: type[BaseModel]) -> list[str]:
    for table in tables:
        inner = model.model_fields[table].annotation
        inner = next(iter(get_args(inner)), inner)  # a table that need not be there is a union with None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return sorted(model.model_fields)
