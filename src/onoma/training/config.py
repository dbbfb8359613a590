"""A run's configuration: its tables, their keys and defaults, but for those that the engine has.

Paths are taken from the folder in which the command runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from onoma.engine import config
from onoma.engine.config import EngineConfig, Frozen
from onoma.pretraining.config import AdaptConfig
from onoma.tasks import Overlaps

TagSchemeName = Literal["BIO", "BIOES"]
Documents = Literal["auto", "file", "blank-lines"] | Annotated[int, Field(ge=1)]


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
        mixed_lengths: learn the training text twice: as it is, and its sentences in rows of mixed lengths, from one
            sentence to as many as fill a window, whatever documents they are from.
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
    documents: Documents = "auto"
    mixed_lengths: bool = False
    capitals: float = Field(default=0.0, ge=0, le=1)
    corpora: tuple[CorpusConfig, ...] = ()

    @field_validator("train", "dev", "test", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value


class ModelConfig(Frozen):
    """What is trained.

    Attributes:
        encoder: an alias (`small`, `multilingual`), a folder in Hugging Face layout, or a Hub id.
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
        patience: epochs without a better dev F1 after which training stops.
        class_weights: what a word counts in the loss, by label or tag, or `balanced`.
        label_smoothing: share of each target that goes to all tags alike.
        lora: adapters trained with a frozen encoder, as a table.
    """

    epochs: int | None = Field(default=None, ge=1)
    patience: int = Field(default=5, ge=1)
    class_weights: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = None
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    lora: LoraConfig | None = None


class RunConfig(Frozen):
    """A whole run.

    Attributes:
        output: the folder of the model.
        adapt: pre-training of the encoder on unlabelled text before it is fine-tuned, as a table.
    """

    output: Path
    data: DataConfig
    adapt: AdaptConfig | None = None
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()


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
    return config.read_config(RunConfig, path, base=base, settings=settings, asked_for=_ASKED_FOR_BY)
