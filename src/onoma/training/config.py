"""A run's configuration: its tables, their keys and defaults, but for those that the engine has.

Paths are taken from the folder in which the command runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from torch import nn

from onoma.bundle import ENTITIES
from onoma.corpora import Labelled
from onoma.engine import config
from onoma.engine.config import EngineConfig, Frozen
from onoma.errors import ConfigError
from onoma.pretraining.config import AdaptConfig
from onoma.tasks import Overlaps
from onoma.training.baseline_config import BilstmConfig, CrfConfig, check_settings

TagSchemeName = Literal["BIO", "BIOES"]
Documents = Literal["auto", "file", "blank-lines"] | Annotated[int, Field(ge=1)]
TaskKind = Literal["tags", "words", "sentences", "mlm"]

_NAME = re.compile("[a-z][a-z0-9_-]*")
_RESERVED = frozenset(
    [
        "logits",
        "input_ids",
        "attention_mask",
        "text",
        "sent_id",
        "newdoc",
        "newpar",
        "bound",
        "f1",
        "precision",
        "recall",
    ]
)
"""Names of something else in a graph, in CoNLL-U, or among figures."""


class CorpusConfig(Frozen):
    """How to read the annotation of some files, if a model is trained on several different corpora.

    Attributes:
        files: patterns of their paths, such as `wnut17*` or `btc/*.conll`; the first table that matches is used.
        labels: what a label is called from here on, by its name in the files; under "" its entities are left out.
        unannotated: labels of the others, by their new names, that these files do not annotate. Where nothing is
            annotated the model may then take a word for one of these without being corrected.
        documents: what is a document in these files, if it is not what `data.documents` says.
    """

    files: tuple[str, ...] = Field(min_length=1)
    labels: dict[str, str] = Field(default={})
    unannotated: tuple[str, ...] = ()
    documents: Documents | None = None

    @field_validator("files", "unannotated", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class DataConfig(Frozen):
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
        documents: what is a document in files that do not say so: each sentence (`auto`), the whole file (`file`), what
            stands between two or more blank lines (`blank-lines`), or so many sentences.
        sentences: learn from so many sentences of the training text, which the seed draws; by default from all.
        mixed_lengths: learn the training text twice: as it is, and its sentences in rows of mixed lengths, from one
            sentence to as many as fill a window, whatever documents they are from.
        capitals: share of the training documents that are also learnt in capitals. Only for encoders that tell capitals
            from lower case.
        corpora: where files differ in what their labels are called or what they annotate, a table for each kind.
        weight: what the loss counts beside those of other tasks.
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
    documents: Documents = "auto"
    sentences: int | None = Field(default=None, ge=1)
    mixed_lengths: bool = False
    capitals: float = Field(default=0.0, ge=0, le=1)
    corpora: tuple[CorpusConfig, ...] = ()
    weight: float = Field(default=1.0, gt=0)

    @property
    def labelled(self) -> Labelled:
        """What has labels in the files."""
        return "spans"

    @property
    def layer(self) -> str:
        """The layer to read where a document has it; empty for its entities."""
        return ""

    @field_validator("train", "dev", "test", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value


class TaskConfig(DataConfig):
    """A task beside that of the entities, which the same encoder learns. The keys of `data` are those of its own text.

    Attributes:
        name: that of the task, and of the layer that it becomes in documents.
        kind: what it predicts: `tags` (spans of words, as entities are), `words` (a label for each), `sentences` (a
            label for each); or `mlm` (masked subwords), an auxiliary task whose head is not kept.
        head: of tags `linear`, `crf` or `span`.
        train: files to learn from; of `mlm` texts, by default those of the other tasks.
    """

    name: str
    kind: TaskKind
    head: str = "linear"
    train: tuple[Path, ...] = ()

    @property
    def labelled(self) -> Labelled:
        """What has labels in the files."""
        return self.kind if self.kind in ("words", "sentences") else "spans"

    @property
    def layer(self) -> str:
        """The layer to read where a document has it."""
        return self.name


class ModelConfig(Frozen):
    """What is trained.

    Attributes:
        encoder: an alias (`small`, `multilingual`), a folder in Hugging Face layout, or a Hub id; or a baseline without
            an encoder: `crf`, `bilstm`, `gazetteer`.
        head: what turns hidden states into tag scores.
        tag_scheme: the scheme that the model itself uses, whatever the files use.
        overlaps: which entities the head `span` may predict together: `flat` (none that overlap), `nested` (none that
            cross), `free` (any).
        span_size: numbers by which the head `span` matches first and last words.
        widest_span: words of the longest entity of the head `span`.
        dropout: probability with which the head drops a hidden unit.
        encoder_dropout: probability with which the encoder drops a hidden unit or an attention weight; by default as in
            its pre-training.
        window: subwords that the encoder reads at once, special tokens included.
        overlap: subwords that neighbouring windows of a long document share at most.
    """

    encoder: str = "small"
    head: str = "linear"
    tag_scheme: TagSchemeName = "BIO"
    overlaps: Overlaps = "flat"
    span_size: int = Field(default=64, ge=1)
    widest_span: int = Field(default=24, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    encoder_dropout: float | None = Field(default=None, ge=0, lt=1)
    window: int = Field(default=128, ge=16)
    overlap: int = Field(default=12, ge=0)

    @model_validator(mode="after")
    def _overlap_fits(self) -> ModelConfig:
        if self.overlap * 2 > self.window:
            raise ValueError(f"overlap {self.overlap} is more than half of window {self.window}")
        return self


class LoraConfig(Frozen):
    """The measures of LoRA's adapters; see :class:`~onoma.models.lora.LoraSettings`."""

    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[str, ...] = ()


class TrainingConfig(EngineConfig):
    """How it is trained; also see :class:`~onoma.engine.config.EngineConfig`.

    Attributes:
        epochs: passes over the training text; by default as many as make some 750 steps, 3 to 40.
        patience: epochs without a better figure on dev after which training stops.
        class_weights: what a word counts in the loss, by label or tag, or `balanced`.
        label_smoothing: share of each target that goes to all tags alike.
        lora: adapters trained with a frozen encoder, as a table.
        sampling: how often each of several tasks is drawn: `proportional` to its batches, to their `square-root`, or by
            a temperature, a number: to their power of one over it.
        best_task: the task whose figure on dev chooses the best epoch; by default `entities`, or the first with dev.
    """

    epochs: int | None = Field(default=None, ge=1)
    patience: int = Field(default=5, ge=1)
    class_weights: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = None
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    lora: LoraConfig | None = None
    sampling: Literal["proportional", "square-root"] | Annotated[float, Field(gt=0)] = "proportional"
    best_task: str | None = None


class RunConfig(Frozen):
    """A whole run.

    Attributes:
        output: the folder of the model.
        data: the text of the task that finds entities.
        task: tables of further tasks. One that is called `entities` is `data` itself.
        adapt: pre-training of the encoder on unlabelled text before it is fine-tuned, as a table.
        crf, bilstm: how these baselines are trained, as tables.
    """

    output: Path
    data: DataConfig
    task: tuple[TaskConfig, ...] = ()
    adapt: AdaptConfig | None = None
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    crf: CrfConfig | None = None
    bilstm: BilstmConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _entities_are_data(cls, tables: object) -> object:
        return with_entities_as_data(tables) if isinstance(tables, dict) else tables

    @property
    def predicted(self) -> tuple[TaskConfig, ...]:
        """The further tasks whose heads are kept."""
        return tuple(task for task in self.task if task.kind != "mlm")

    @property
    def masked(self) -> TaskConfig | None:
        """The task of masked subwords; None where there is none."""
        return next((task for task in self.task if task.kind == "mlm"), None)

    def of_task(self, task: TaskConfig) -> RunConfig:
        """The configuration of a further task as if it were the only one."""
        model = self.model.model_copy(update={"head": task.head, "overlaps": "flat"})
        return self.model_copy(update={"data": task, "model": model})


def with_entities_as_data(tables: dict[str, object]) -> dict[str, object]:
    """The tables of a run in which a task called ``entities`` is the table ``data``.

    Raises:
        ConfigError: both are there, or that task is of another kind.
    """
    listed = tables.get("task")
    if not isinstance(listed, list | tuple):
        return tables
    named = [each for each in listed if isinstance(each, dict) and each.get("name") == ENTITIES]
    if not named:
        return tables
    own = {key: value for key, value in named[0].items() if key not in ("name", "kind", "head")}
    if "data" in tables or len(named) > 1:
        raise ConfigError(f"the task {ENTITIES} is there twice, in data or in task; give it once")
    if named[0].get("kind", "tags") != "tags":
        raise ConfigError(f"the task {ENTITIES} is of the kind tags; give a task of another kind another name")
    model = tables.get("model", {})
    if "head" in named[0] and isinstance(model, dict):
        model = {"head": named[0]["head"], **model}
    others = [each for each in listed if each is not named[0]]
    return {**tables, "data": own, "task": others, "model": model}


_ASKED_FOR_BY = {"output": "output (--output)", "data": "data.train (--train)", "data.train": "data.train (--train)"}


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
    run = config.read_config(RunConfig, path, base=base, settings=settings, asked_for=_ASKED_FOR_BY)
    check_settings(run, encoder=run.model.encoder)
    check_tasks(run)
    return run


def check_tasks(run: RunConfig) -> None:
    """Check what the tables of the tasks say, before anything is read.

    Raises:
        ConfigError: a name cannot be used, or what a table says does not fit its kind.
    """
    names = [ENTITIES]
    for task in run.task:
        where = f"task {task.name!r}"
        if not _NAME.fullmatch(task.name) or task.name in _RESERVED or hasattr(nn.ModuleDict(), task.name):
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
    measured = [ENTITIES] * bool(run.data.dev) + [task.name for task in run.predicted if task.dev]
    best = run.training.best_task
    if best is not None and best not in measured:
        known = ", ".join(measured) or "none has"
        raise ConfigError(
            f"training.best_task: no task {best!r} has dev text to be measured on; those that do: {known}"
        )


def _check_masked(run: RunConfig, task: TaskConfig, where: str) -> None:
    if task.dev or task.test:
        raise ConfigError(f"{where}: a task of the kind mlm only helps and is not measured; leave out its dev and test")
    if run.masked is not task:
        raise ConfigError(f"{where}: a second task of the kind mlm; name all texts in one")
