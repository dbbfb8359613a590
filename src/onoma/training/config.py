"""A run's configuration: one TOML, every key checked, every default in one place.

Paths are taken from the folder in which the command runs.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from onoma.engine.dtype import DtypeName
from onoma.errors import ConfigError


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusConfig(_Frozen):
    """How to read the annotation of some files, if a model is trained on several different corpora.

    Attributes:
        files: patterns of their paths, such as `wnut17*` or `btc/*.conll`; the first table that matches is used.
        labels: what a label is called from here on, by its name in the files; under "" its entities are left out.
        unannotated: labels of the others, by their new names, that these files do not annotate. Where nothing is
            annotated the model may then take a word for one of these without being corrected.
    """

    files: tuple[str, ...] = Field(min_length=1)
    labels: dict[str, str] = {}
    unannotated: tuple[str, ...] = ()

    @field_validator("files", "unannotated", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class DataConfig(_Frozen):
    """Where the annotated text is.

    Attributes:
        train: files to learn from.
        dev: files to choose the best epoch on; without them the last epoch is kept.
        test: files to measure the finished model on.
        format: the files' format; detected automatically if not given.
        tag_scheme: the files' tagging scheme; detected automatically if not given.
        word_column, tag_column: columns of the word and its tag, by number from 1 or by name.
        position_digit: drop the digit after each word, as in the Weibo corpus.
        encoding: the files' character encoding.
        strict: refuse files that break their scheme instead of repairing them.
        default_label: the label of tags that have none, as in files of B, I and O.
        tag_names: the tags that numbers stand for, in order from 0.
        skip_checks: accept files even if their words and labels look misread.
        capitals: share of the training documents that are also learnt in capitals. Only for encoders that tell capitals
            from lower case.
        corpora: where files differ in what their labels are called or what they annotate, a table for each kind.
    """

    train: tuple[Path, ...] = Field(min_length=1)
    dev: tuple[Path, ...] = ()
    test: tuple[Path, ...] = ()
    format: str | None = None
    tag_scheme: str | None = None
    word_column: int | str | None = None
    tag_column: int | str | None = None
    position_digit: bool = False
    encoding: str = "utf-8"
    strict: bool = False
    default_label: str = ""
    tag_names: tuple[str, ...] = ()
    skip_checks: bool = False
    capitals: float = Field(default=0.0, ge=0, le=1)
    corpora: tuple[CorpusConfig, ...] = ()

    @field_validator("train", "dev", "test", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value


class ModelConfig(_Frozen):
    """What is trained.

    Attributes:
        encoder: an alias (`small`, `multilingual`), a folder in Hugging Face layout, or a Hub id.
        head: what turns hidden states into tag scores.
        tag_scheme: the scheme that the model itself uses, whatever the files use.
        dropout: probability with which the head drops a hidden unit.
        encoder_dropout: probability with which the encoder drops a hidden unit or an attention weight; by default as in
            its pre-training.
        window: subwords that the encoder reads at once, special tokens included.
        overlap: subwords that neighbouring windows of a long document share at most.
    """

    encoder: str = "small"
    head: str = "linear"
    tag_scheme: Literal["BIO", "BIOES"] = "BIO"
    dropout: float = Field(default=0.1, ge=0, lt=1)
    encoder_dropout: float | None = Field(default=None, ge=0, lt=1)
    window: int = Field(default=128, ge=16)
    overlap: int = Field(default=12, ge=0)

    @model_validator(mode="after")
    def _overlap_fits(self) -> ModelConfig:
        if self.overlap * 2 > self.window:
            raise ValueError(f"overlap {self.overlap} is more than half of window {self.window}")
        return self


class LoraConfig(_Frozen):
    """The measures of LoRA's adapters; see :class:`~onoma.models.lora.LoraSettings`."""

    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[str, ...] = ()


class TrainingConfig(_Frozen):
    """How it is trained.

    Attributes:
        epochs: passes over the training text; by default as many as make some 750 steps, 3 to 40.
        learning_rate: at its height; by default 5e-5 times 768 over the encoder's width.
        batch_subwords: subwords of a padded batch; by default a 150th of the training text, 128 to 1,024.
        warmup: share of all steps in which the rate climbs to its height before it falls to zero.
        weight_decay: decoupled; not for biases and layer norms.
        clip: largest norm of the gradient.
        patience: epochs without a better dev F1 after which training stops.
        seed: of weights, order and dropout.
        device: `auto` takes a GPU where there is one.
        dtype: `fp32`, `bf16`, `fp16`, or `auto`: 16 bits where they multiply clearly faster.
        accumulate: batches whose gradients are added up for one step.
        layer_decay: each layer learns so many times as fast as the one above it.
        head_learning_rate: the head's own rate; by default that of the encoder.
        freeze_layers: lowest layers to leave as they are, and the embeddings with them.
        freeze_embeddings: leave the embeddings as they are.
        recompute: save memory by computing each layer a second time for the backward pass.
        average: share of itself that a moving average of the weights keeps in a step, such as 0.999; it is then the
            average that is measured and kept.
        class_weights: what a word counts in the loss, by label or tag, or `balanced`.
        label_smoothing: share of each target that goes to all tags alike.
        lora: adapters trained with a frozen encoder, as a table.
        checkpoint_minutes: time between checkpoints; one more is written at an epoch's end if a fifth of it has passed.
        checkpoint_steps: write a checkpoint every so many steps instead.
        log: where else to log to: `tensorboard`, `mlflow`.
    """

    epochs: int | None = Field(default=None, ge=1)
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    batch_subwords: int | None = Field(default=None, ge=1)
    warmup: float = Field(default=0.1, ge=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    patience: int = Field(default=5, ge=1)
    seed: int = Field(default=1, ge=0)
    device: str = "auto"
    dtype: DtypeName = "auto"
    accumulate: int = Field(default=1, ge=1)
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    head_learning_rate: float | None = Field(default=None, gt=0, le=1)
    freeze_layers: int = Field(default=0, ge=0)
    freeze_embeddings: bool = False
    recompute: bool = False
    average: float | None = Field(default=None, gt=0, lt=1)
    class_weights: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = None
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    lora: LoraConfig | None = None
    checkpoint_minutes: float = Field(default=5.0, gt=0)
    checkpoint_steps: int | None = Field(default=None, ge=1)
    log: tuple[Literal["tensorboard", "mlflow"], ...] = ()

    @field_validator("log", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class RunConfig(_Frozen):
    """A whole run.

    Attributes:
        output: the folder of the model.
    """

    output: Path
    data: DataConfig
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()


def read_config(
    path: Path | None,
    *,
    base: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
) -> RunConfig:
    """Put a run together from a TOML file and named settings; the later win.

    Args:
        path: a TOML file, or None.
        base: what to begin with in the place of a file, as :meth:`RunConfig.model_dump` gives it.
        settings: values by dotted key, such as ``data.train``; None means not given.

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
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_explain(error, path)) from error


def _put(tree: dict[str, object], key: str, value: object) -> None:
    *tables, last = key.split(".")
    for table in tables:
        inner = tree.setdefault(table, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{key}: {table} is a value, not a table")
        tree = inner
    tree[last] = value


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


_ASKED_FOR_BY = {"output": "output (--output)", "data": "data.train (--train)", "data.train": "data.train (--train)"}


def _explain(error: ValidationError, path: Path | None) -> str:
    """Each complaint on a line, with the key it is about and the keys there are."""
    lines = []
    for problem in error.errors():
        names = [part for part in problem["loc"] if isinstance(part, str)]
        key = ".".join(names)
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key!r}; known here: {', '.join(_known(names[:-1]))}")
        elif problem["type"] == "missing":
            lines.append(f"{_ASKED_FOR_BY.get(key, key)} is missing; give it there or in a TOML file")
        else:
            lines.append(f"{key}: {problem['msg']}, not {problem['input']!r}")
    return "\n".join(f"{path or 'run'}: {line}" for line in lines)


def _known(tables: Sequence[str]) -> list[str]:
    model: type[BaseModel] = RunConfig
    for table in tables:
        inner = model.model_fields[table].annotation
        inner = next(iter(get_args(inner)), inner)  # a table that need not be there is a union with None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return sorted(model.model_fields)
