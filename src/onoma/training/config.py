"""The configuration of a training run: its tables with their keys and defaults, except the settings of the engine.

Relative paths are resolved against the current working directory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from onoma.bundle import BASELINES, ENTITIES
from onoma.corpora import Labelled
from onoma.engine.config import ConfigTable, EngineConfig
from onoma.errors import ConfigError
from onoma.models import HEADS
from onoma.pretraining.config import AdaptConfig
from onoma.tasks import MAX_SPAN_SIZE, MAX_SPAN_WORDS, Overlaps
from onoma.training.baseline_config import BilstmConfig, CrfConfig

TagSchemeName = Literal["BIO", "BIOES"]
Documents = Literal["auto", "file", "blank-lines"] | Annotated[int, Field(ge=1)]
TaskKind = Literal["tags", "words", "sentences", "mlm"]

_DataT = TypeVar("_DataT", bound="DataConfig")


class CorpusConfig(ConfigTable):
    """How to read the annotation of some files, if a model is trained on corpora with different annotation.

    Attributes:
        files: glob patterns of the paths of these files, such as `wnut17*` or `btc/*.conll`. Each file uses the first
            table in `corpora` with a pattern that matches.
        labels: new names of labels, by their names in the files; the empty name "" drops the entities of a label.
        unannotated: labels (by their new names) that occur in other files, but are not annotated in these files.
            In training, a word outside of all entities in these files may be predicted as one of these labels or as O.
        documents: what counts as a document in these files; replaces `data.documents` if it is given.
    """

    files: tuple[str, ...] = Field(min_length=1)
    labels: dict[str, str] = Field(default={})
    unannotated: tuple[str, ...] = ()
    documents: Documents | None = None

    @field_validator("files", "unannotated", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class DataConfig(ConfigTable):
    """The annotated data: files, their format, and how they are used for training.

    Attributes:
        train: files or folders of the training set.
        dev: files or folders of the dev set, on which the best epoch is selected; without them the last epoch is kept.
        test: files or folders of the test set, on which the finished model is evaluated.
        format: format of the files; detected automatically by default.
        tag_scheme: tagging scheme of the files; detected automatically by default.
        word_column, tag_column: columns of the words and of the tags, as a number counted from 1, or as a name.
        position_digit: whether to drop the digit after each word, as in the Weibo corpus.
        encoding: character encoding of the files.
        strict: whether to reject files with tags that violate their scheme, instead of repairing the tags.
        default_label: label of tags without a label, as in files with the tags B, I and O.
        tag_names: tags in the order of their indices from 0, for files in which tags are integers.
        skip_checks: whether to accept files even if their words and labels look misread.
        documents: what counts as a document in files without document marks: `auto` (each sentence), `file` (the whole
            file), `blank-lines` (the text between two or more consecutive blank lines), or a number of consecutive
            sentences.
        sentences: number of sentences of the training set to train on, drawn at random with `training.seed`; all by
            default.
        mixed_lengths: whether to train on the training text twice: as it is, and with its sentences joined to new
            documents of random lengths, from one sentence to a full window, across the bounds of documents.
        capitals: share of the training documents that are added as a copy in capital letters; only for cased encoders.
        corpora: tables for groups of files whose label names or annotated labels differ.
        weight: weight of the loss of this task relative to other tasks.
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
        """Kind of unit that has labels in the files."""
        return "spans"

    @property
    def layer(self) -> str:
        """Name of the document layer to read the annotation from; empty for the entities of the document."""
        return ""

    @property
    def title(self) -> str:
        """Name of the task, with which messages about its data begin; empty for the entities."""
        return ""

    def key(self, name: str) -> str:
        """Return the name of a setting in messages."""
        return f"data.{name}"

    def corpus_of(self, path: Path) -> CorpusConfig | None:
        """Return the table in `corpora` that a file uses; None if no pattern matches its path."""
        return next((each for each in self.corpora if any(map(path.match, each.files))), None)

    def without_test(self: _DataT) -> _DataT:
        """Return the data without its test files, and without the tables in `corpora` that only these use."""
        used, tested = ([self.corpus_of(path) for path in paths] for paths in ((*self.train, *self.dev), self.test))
        corpora = tuple(corpus for corpus in self.corpora if corpus in used or corpus not in tested)
        return self.model_copy(update={"test": (), "corpora": corpora})

    @field_validator("train", "dev", "test", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value


class TaskConfig(DataConfig):
    """An additional task of multi-task training, with its own data.

    It has all keys of the table `data`, but for `mlm` only `train`, `format`, `encoding` and `weight`.

    Attributes:
        name: name of the task, and of the document layer with its predictions.
        kind: what the task predicts: `tags` (spans of words, like entities), `words` (a label per word), `sentences` (a
            label per sentence), or `mlm` (masked language modelling, an auxiliary task whose head is not saved).
        head: head of the task: `linear`, `crf` (the default) or `span` for the kind `tags`; always `linear` for other
            kinds.
        train: files or folders of the training set. For `mlm`, any text, annotated or not; by default the training
            sets of the other tasks.
    """

    name: str
    kind: TaskKind
    head: str = "linear"
    train: tuple[Path, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _default_to_crf(cls, table: object) -> object:
        return {"head": "crf", **table} if isinstance(table, dict) and table.get("kind") == "tags" else table

    @property
    def labelled(self) -> Labelled:
        """Kind of unit that has labels in the files."""
        return self.kind if self.kind in ("words", "sentences") else "spans"

    @property
    def layer(self) -> str:
        """Name of the document layer to read the annotation from, if a document has it."""
        return self.name

    @property
    def title(self) -> str:
        """Name of the task, with which messages about its data begin."""
        return f"task {self.name!r}: "

    def key(self, name: str) -> str:
        """Return the name of a setting in messages, which begin with the :attr:`title`."""
        return name


class ModelConfig(ConfigTable):
    """The model to train: its encoder, head, tagging scheme, dropout and windows.

    Attributes:
        encoder: encoder to fine-tune: an alias (`small`, `multilingual`), a folder in Hugging Face layout, or a Hub id;
            or a baseline without an encoder: `crf`, `bilstm`, `gazetteer`.
        head: layer that computes scores from hidden states: `linear`, `crf` or `span`. By default `crf`, or `linear` if
            class weights or label smoothing are set, which only that head supports.
        tag_scheme: tagging scheme of the model, which may differ from that of the files.
        overlaps: which overlapping entities the head `span` may predict: `flat` (none), `nested` (entities may contain
            others, but not cross them), `free` (any). Spans of additional tasks never overlap.
        span_size: size of the query and key vectors of the head `span`, which match first and last words of entities.
        widest_span: maximum number of words per entity for the head `span`.
        dropout: dropout probability of the hidden states in the head.
        encoder_dropout: dropout probability of hidden states and attention weights in the encoder; by default as in its
            pre-training.
        window: maximum number of subwords that the encoder reads at once, including special tokens.
        overlap: maximum number of subwords shared by consecutive windows of a long document.
    """

    encoder: str = "small"
    head: str = "crf"
    tag_scheme: TagSchemeName = "BIO"
    overlaps: Overlaps = "flat"
    span_size: int = Field(default=64, ge=1, le=MAX_SPAN_SIZE)
    widest_span: int = Field(default=24, ge=1, le=MAX_SPAN_WORDS)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    encoder_dropout: float | None = Field(default=None, ge=0, lt=1)
    window: int = Field(default=128, ge=16)
    overlap: int = Field(default=12, ge=0)

    @field_validator("head")
    @classmethod
    def _check_head(cls, head: str) -> str:
        if head not in HEADS:
            raise ValueError(f"unknown head {head!r}; choose one of {', '.join(HEADS)}")
        return head

    @model_validator(mode="after")
    def _check_overlap(self) -> ModelConfig:
        if self.overlap * 2 > self.window:
            raise ValueError(f"overlap {self.overlap} is more than half of window {self.window}")
        return self


class LoraConfig(ConfigTable):
    """Settings of LoRA adapters; see :class:`~onoma.models.lora.LoraSettings`.

    Attributes:
        rank: rank of the adapter matrices.
        alpha: scaling factor; the output of an adapter is multiplied by `alpha / rank`.
        dropout: dropout probability of the inputs of the adapters.
        targets: names, or ends of names, of the weight matrices that get an adapter; by default all of the layers.
    """

    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[str, ...] = ()


class TrainingConfig(EngineConfig):
    """Settings of fine-tuning; in addition, all keys of :class:`~onoma.engine.config.EngineConfig` can be used.

    Attributes:
        epochs: maximum number of passes over the training text; by default enough for about 750 steps, at least 3 and
            at most 40.
        patience: number of epochs without a better score on dev after which training stops (early stopping); epochs of
            the warmup and those at the beginning with a score of 0 do not count. By default all epochs are trained.
        class_weights: weights of words in the loss, by label (`PER`) or tag (`B-PER`, `O`), or `balanced` for weights
            inversely proportional to the frequency of the tags; by default all weights are 1.
        label_smoothing: share of each target that is distributed evenly over all tags.
        lora: table of settings of LoRA adapters, which are trained while the encoder is frozen; not used by default.
        sampling: how often each task is sampled in multi-task training: `proportional` to its number of batches, to the
            `square-root` of this number, or, if it is a number T (temperature), to its power of 1/T.
        best_task: name of the task whose score on dev selects the best epoch; by default `entities`, or the first task
            with a dev set if there is none for the entities.
    """

    epochs: int | None = Field(default=None, ge=1)
    patience: int | None = Field(default=None, ge=1)
    class_weights: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = None
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    lora: LoraConfig | None = None
    sampling: Literal["proportional", "square-root"] | Annotated[float, Field(gt=0)] = "proportional"
    best_task: str | None = None


class RunConfig(ConfigTable):
    """The configuration of a training run.

    Attributes:
        output: output folder of the model.
        data: table with the data of the entities.
        task: tables of additional tasks for multi-task training. A task with the name `entities` is used as the table
            `data`.
        adapt: table of pre-training on unlabelled text before fine-tuning (domain adaptation); none by default.
        model: table of the model.
        training: table of the training settings.
        crf, bilstm: tables of settings of these baselines.
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
    def _resolve_tables(cls, tables: object) -> object:
        return _with_supported_head(with_entities_as_data(tables)) if isinstance(tables, dict) else tables

    @property
    def predicted(self) -> tuple[TaskConfig, ...]:
        """Additional tasks whose heads are saved, which are all except masked language modelling."""
        return tuple(task for task in self.task if task.kind != "mlm")

    @property
    def masked(self) -> TaskConfig | None:
        """Masked language modelling task; None if there is none."""
        return next((task for task in self.task if task.kind == "mlm"), None)

    def of_task(self, task: TaskConfig) -> RunConfig:
        """Return the configuration of an additional task as if it were the only task."""
        model = self.model.model_copy(update={"head": task.head, "overlaps": "flat"})
        return self.model_copy(update={"data": task, "model": model})


def with_entities_as_data(tables: dict[str, object]) -> dict[str, object]:
    """Move a task with the name ``entities`` to the table ``data``.

    Raises:
        ConfigError: ``data`` or a second task ``entities`` exists as well, or the task is not of the kind ``tags``.
    """
    task_tables = tables.get("task")
    if not isinstance(task_tables, list | tuple):
        return tables
    entity_tables = [each for each in task_tables if isinstance(each, dict) and each.get("name") == ENTITIES]
    if not entity_tables:
        return tables
    data_table = {key: value for key, value in entity_tables[0].items() if key not in ("name", "kind", "head")}
    if "data" in tables or len(entity_tables) > 1:
        raise ConfigError(f"the task {ENTITIES} is defined twice, in the table data or in [[task]]; define it once")
    if entity_tables[0].get("kind", "tags") != "tags":
        raise ConfigError(f"the task {ENTITIES} is of the kind tags; give a task of another kind another name")
    model = tables.get("model", {})
    if "head" in entity_tables[0] and isinstance(model, dict):
        model = {"head": entity_tables[0]["head"], **model}
    other_tables = [each for each in task_tables if each is not entity_tables[0]]
    return {**tables, "data": data_table, "task": other_tables, "model": model}


def _with_supported_head(tables: dict[str, object]) -> dict[str, object]:
    """Return the tables with the head ``linear`` if no head is given and other settings need that one."""
    model, training = tables.get("model", {}), tables.get("training", {})
    if not isinstance(training, dict) or (isinstance(model, dict) and model.get("encoder") in BASELINES):
        return tables
    needs_linear = training.get("class_weights") is not None or training.get("label_smoothing")
    return with_head(tables, "linear") if needs_linear else tables


def with_head(tables: dict[str, object], head: str) -> dict[str, object]:
    """Return the tables of a run with a head, unless they name one."""
    model = tables.get("model", {})
    if not isinstance(model, dict) or "head" in model:
        return tables
    return {**tables, "model": {**model, "head": head}}
