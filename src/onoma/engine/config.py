"""Settings common to all training runs, and the reader of configurations, which checks every key.

This module does not depend on what is trained or on which tables a configuration has.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar, get_args

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from onoma.engine.dtype import Dtype, DtypeName
from onoma.engine.groups import GroupSettings
from onoma.engine.learner import LearnerSettings
from onoma.errors import ConfigError

SETTINGS_WITHOUT_EFFECT = ("checkpoint_minutes", "checkpoint_steps", "log")
"""Settings of :class:`EngineConfig` that do not change what a run learns."""


class ConfigTable(BaseModel):
    """An immutable table of a configuration, which rejects unknown keys, and booleans and infinity as numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_other_booleans(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool):
            annotation = cls.model_fields[info.field_name or ""].annotation
            if bool not in (annotation, *get_args(annotation)):
                raise ValueError(f"{str(value).lower()} is not a possible value")
        return value


_TYPE_NAME = re.compile(r"(literal|dict|tuple)\[|constrained-|(int|str)$")
"""Name of a type that pydantic adds to the location of an error if a value may have one of several types."""

_EXPECTED = {
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "string_type": "expected text",
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "tuple_type": "expected a list",
}
"""Messages of errors by their type, for the types whose message by pydantic has names of Python."""

_Config = TypeVar("_Config", bound=ConfigTable)


class EngineConfig(ConfigTable):
    """Training settings of the engine: optimizer, schedule, device and checkpoints.

    Attributes:
        learning_rate: peak learning rate; in fine-tuning by default 5e-5 x 768 / hidden size of the encoder.
        batch_subwords: maximum number of subwords per padded batch; in fine-tuning by default 1/150 of the subwords of
            the training text, at least 128 and at most 1,024.
        warmup: share of all steps in which the learning rate rises linearly to its peak; afterwards it falls linearly
            to zero.
        weight_decay: decoupled weight decay of AdamW; not applied to biases and layer norms.
        clip: maximum norm of the gradient; larger gradients are scaled down to it.
        seed: random seed for the initial weights, the order of the examples and dropout.
        device: `cpu`, `cuda`, another torch device, or `auto`: a GPU if one is available.
        dtype: `fp32`, `bf16`, `fp16`, or `auto`: a 16-bit dtype if matrix products are clearly faster with it on this
            machine, otherwise `fp32`.
        accumulate: number of batches whose gradients are accumulated for each optimizer step.
        layer_decay: factor by which the learning rate decreases from each encoder layer to the one below it, such as
            0.9; 1 for the same learning rate in all layers.
        head_learning_rate: peak learning rate of the head; by default the same as `learning_rate`, or a higher one for
            a head `crf` or `linear` if the hidden states of the encoder hardly vary, as those of `multilingual`.
        freeze_layers: number of encoder layers, counted from the lowest, that are frozen together with the embeddings.
        freeze_embeddings: whether to freeze the embeddings; false by default.
        recompute: whether to save memory by computing each layer again in the backward pass (gradient checkpointing).
        average: decay of an exponential moving average of the weights, such as 0.999. If it is given, the averaged
            weights are evaluated and saved; by default no average is computed.
        checkpoint_minutes: time between checkpoints in minutes; at the end of an epoch, a checkpoint is also written if
            a fifth of this time has passed.
        checkpoint_steps: number of steps between checkpoints; replaces `checkpoint_minutes` if it is given.
        log: additional logging to `tensorboard`, `mlflow`, or both.
    """

    learning_rate: float | None = Field(default=None, gt=0, le=1)
    batch_subwords: int | None = Field(default=None, ge=1)
    warmup: float = Field(default=0.1, ge=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    seed: int = Field(default=1, ge=0, lt=2**63)
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
    settings: EngineConfig,
    *,
    device: torch.device,
    dtype: Dtype,
    learning_rate: float,
    head_learning_rate: float | None = None,
) -> LearnerSettings:
    """Return the settings of the training steps.

    Args:
        settings: settings of the user.
        device: device to train on.
        dtype: dtype of the matrix products.
        learning_rate: peak learning rate; passed separately because the settings may leave it open.
        head_learning_rate: peak learning rate of the head if the settings leave it open; None for ``learning_rate``.
    """
    groups = GroupSettings(
        learning_rate=learning_rate,
        weight_decay=settings.weight_decay,
        layer_decay=settings.layer_decay,
        head_learning_rate=settings.head_learning_rate or head_learning_rate,
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
    option_names: Mapping[str, str],
) -> _Config:
    """Read a configuration from a TOML file and from single settings, which override the file.

    Args:
        model: class of the configuration, whose fields are tables.
        path: path of a TOML file; None for no file.
        base: configuration to start from if there is no file, as returned by ``model_dump``.
        settings: values by dotted key, such as ``data.train``; None for a setting that is not given.
        option_names: by dotted key, the text that names a missing setting in messages, such as
            ``data.train (--train)``.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, or a value is invalid.
    """
    tree: dict[str, object] = copy.deepcopy(dict(base or {}))
    if path is not None:
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; pass a TOML file such as run.toml") from error
        except ValueError as error:
            raise ConfigError(f"{path}: is not TOML: {error}") from error
    for key, value in (settings or {}).items():
        if value is not None:
            _set_nested(tree, key, value)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_format_errors(error, path, model=model, option_names=option_names)) from error


def read_setting(text: str) -> tuple[str, object]:
    """Parse a ``key=value`` text to a dotted key and a value; a value that is not valid TOML is a string.

    Raises:
        ConfigError: the text is not of the form ``key=value``.
    """
    key, equals, literal = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise ConfigError(f"--set {text}: expected key=value, as in training.epochs=3")
    try:
        return key, tomllib.loads(f"value = {literal}")["value"]
    except tomllib.TOMLDecodeError:
        return key, literal


def _set_nested(tree: dict[str, object], key: str, value: object) -> None:
    *tables, last = key.split(".")
    for table in tables:
        inner = tree.setdefault(table, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{key}: {table} is a value, not a table")
        tree = inner
    tree[last] = value


def _format_errors(
    error: ValidationError, path: Path | None, *, model: type[BaseModel], option_names: Mapping[str, str]
) -> str:
    """Format validation errors, one per line with its key; for an unknown key, list the known keys."""
    lines = []
    for problem in _with_one_error_per_value(error):
        names = [part for part in problem["loc"] if isinstance(part, str)]
        key = ".".join(names)
        place = _format_place(problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key!r}; known here: {', '.join(_known_keys(names[:-1], model=model))}")
        elif problem["type"] == "missing":
            advice = "; give it there or in a TOML file" if key in option_names else ""
            lines.append(f"{option_names.get(key, key)} is missing{place}{advice}")
        elif problem["type"] == "value_error":
            lines.append(f"{key}: {problem['ctx']['error']}{place}")
        elif problem["type"] == "tuple_type" and isinstance(problem["input"], dict):
            lines.append(f"{key}: there may be several of these tables; write [[{key}]] instead of [{key}]")
        else:
            lines.append(f"{key}: {problem['msg']}, not {problem['input']!r}{place}")
    return "\n".join(f"{path}: {line}" if path else line for line in lines)


def _format_place(location: Sequence[int | str]) -> str:
    """Return which element of a list a location is in, such as `` (task 2)``; empty if it is in none."""
    index = next((index for index, part in enumerate(location) if isinstance(part, int)), None)
    return "" if index is None else f" ({'.'.join(map(str, location[:index]))} {int(location[index]) + 1})"


def _with_one_error_per_value(error: ValidationError) -> list[ErrorDetails]:
    """Return the errors; of those of a value that fits none of several types, only those of the type that fits best.

    The types are left out of the locations.
    """
    found: dict[tuple[int | str, ...], ErrorDetails] = {}
    for problem in error.errors():
        problem["msg"] = _EXPECTED.get(problem["type"], problem["msg"])
        value = problem["loc"]
        position = next((index for index, part in enumerate(value) if _TYPE_NAME.match(str(part))), len(value))
        value, inside = value[:position], value[position + 1 :]
        other = found.get(value)
        if other is None or len(value + inside) > len(other["loc"]):
            found[value] = {**problem, "loc": value + inside}
        elif len(value + inside) == len(other["loc"]):
            other["msg"] += f" or: {problem['msg']}"
    return list(found.values())


def _known_keys(tables: Sequence[str], *, model: type[BaseModel]) -> list[str]:
    for table in tables:
        inner = model.model_fields[table].annotation
        inner = next(iter(get_args(inner)), inner)  # the annotation of an optional table is a union with None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return sorted(model.model_fields)
