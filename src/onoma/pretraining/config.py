"""Configuration of a pre-training run: its tables, keys and defaults, except for those defined by the engine.

Paths are relative to the folder in which the command runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field, field_validator, model_validator

from onoma.engine import config
from onoma.engine.config import ConfigTable, EngineConfig
from onoma.pretraining.masking import Unit
from onoma.pretraining.sequences import SentencePairs
from onoma.pretraining.text import DocumentUnit


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of an encoder; the feed-forward layer is four times as wide as the hidden states."""

    layers: int
    hidden: int
    heads: int


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "tiny": Shape(layers=2, hidden=128, heads=2),
        "mini": Shape(layers=4, hidden=256, heads=4),
        "small": Shape(layers=4, hidden=512, heads=8),
        "base": Shape(layers=12, hidden=768, heads=12),
    }
)
"""Encoder shapes by name (Turc et al. 2019, table 1)."""


_SIZE_SETTINGS = ("layers", "hidden", "heads", "feed_forward", "positions")
_NEW_VOCABULARY_SETTINGS = ("vocabulary_kind", "vocabulary_size", "cased")


class TextConfig(ConfigTable):
    """Location and format of the text.

    Attributes:
        text: files or folders with the training text.
        held_out: files or folders with held-out text, used instead of a share of the documents.
        held_out_share: share of the documents (of very long ones, of their sections) that is held out, chosen by a hash
            of their text; 0 for none.
        format: format of the files; by default, annotated files are detected automatically, and all others are read as
            plain text.
        encoding: character encoding of the files.
        documents: unit that is a document in plain text: `lines`, `blank-lines` (the text between blank lines),
            `files`, or `auto`.
    """

    text: tuple[Path, ...] = Field(min_length=1)
    held_out: tuple[Path, ...] = ()
    held_out_share: float = Field(default=0.05, ge=0, lt=1)
    format: str | None = None
    encoding: str = "utf-8"
    documents: DocumentUnit = "auto"

    @field_validator("text", "held_out", mode="before")
    @classmethod
    def _wrap_single_path(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value


class PretrainModelConfig(ConfigTable):
    """The encoder to train.

    Attributes:
        encoder: encoder to continue training (`small`, `multilingual`, a folder or a Hub id); by default a new encoder
            is trained.
        teacher: encoder to distil: the trained encoder learns to imitate it, and nothing is masked. A new encoder gets
            the teacher's tokenizer.
        shape: size of a new encoder: `tiny` (2 layers of 128), `mini` (4 of 256), `small` (4 of 512), `base` (12 of
            768); or `teacher`: the encoder is initialised with evenly spaced layers of the teacher, half of them unless
            `layers` is given.
        layers, hidden, heads, feed_forward: sizes that override those of the shape.
        positions: maximum sequence length of a new encoder, in subwords.
        dropout: dropout probability of hidden units and attention weights in pre-training; by default 0 for a new
            encoder (Geiping and Goldstein 2023), and the encoder's own value for an existing one.
        vocabulary: a `tokenizer.json`, or a folder with one, for a new encoder; by default, a vocabulary is trained on
            the text.
        vocabulary_kind: algorithm for a new vocabulary: `wordpiece` or `unigram`.
        vocabulary_size: maximum number of subwords in a new vocabulary.
        cased: whether a new vocabulary distinguishes upper and lower case.
    """

    encoder: str | None = None
    teacher: str | None = None
    shape: Literal["tiny", "mini", "small", "base", "teacher"] = "mini"
    layers: int | None = Field(default=None, ge=1)
    hidden: int | None = Field(default=None, ge=1)
    heads: int | None = Field(default=None, ge=1)
    feed_forward: int | None = Field(default=None, ge=1)
    positions: int = Field(default=512, ge=16)
    dropout: float | None = Field(default=None, ge=0, lt=1)
    vocabulary: Path | None = None
    vocabulary_kind: Literal["wordpiece", "unigram"] = "wordpiece"
    vocabulary_size: int = Field(default=16_000, ge=1)
    cased: bool = False

    @property
    def is_randomly_initialized(self) -> bool:
        """Whether the weights are initialised randomly."""
        return self.encoder is None and self.shape != "teacher"

    @model_validator(mode="after")
    def _check_start(self) -> PretrainModelConfig:
        """Check that the settings of a new encoder or vocabulary are left out where there is nothing new."""
        if self.teacher is not None and (changed := self._find_changed("vocabulary", *_NEW_VOCABULARY_SETTINGS)):
            raise ValueError(f"{changed[0]}: a new encoder has the vocabulary of its teacher; leave it out")
        if self.vocabulary is not None and (changed := self._find_changed(*_NEW_VOCABULARY_SETTINGS)):
            raise ValueError(f"{changed[0]}: it is for a new vocabulary, and `vocabulary` names one; leave it out")
        if self.shape == "teacher":
            if self.teacher is None:
                raise ValueError("shape: teacher (--shape teacher) needs a teacher (--teacher)")
            changed = self._find_changed("encoder", "hidden", "heads", "feed_forward", "positions")
            if changed:
                raise ValueError(
                    f"shape: what begins as layers of the teacher has no {' and no '.join(changed)} of its own"
                )
        elif self.encoder is not None and (
            changed := self._find_changed("shape", *_SIZE_SETTINGS, "vocabulary", *_NEW_VOCABULARY_SETTINGS)
        ):
            raise ValueError(
                f"encoder: an existing encoder keeps its size and its vocabulary; leave out {' and '.join(changed)}, "
                "or leave out encoder (--encoder), for a new one"
            )
        return self

    def _find_changed(self, *names: str) -> list[str]:
        """Return those of the settings that differ from their defaults."""
        return [name for name in names if getattr(self, name) != type(self).model_fields[name].default]


class DistillationConfig(ConfigTable):
    """Settings of the distillation loss.

    Attributes:
        relation_heads: number of heads in which the relations among queries, keys and values are compared; by default
            the largest number that divides both widths and leaves at least 16 units of the teacher's width per head.
        teacher_layer: number of the teacher's layer whose relations are learned, counted from 1; by default the last
            layer, or, for a teacher with more than 12 layers, the one at seven eighths of its depth.
        hidden_weight: weight of the loss of the last hidden states, relative to the loss of the relations; by default
            the inverse mean square of the weights of the teacher's last layer norm, so that the scale of the teacher's
            hidden states does not matter.
    """

    relation_heads: int | None = Field(default=None, ge=1)
    teacher_layer: int | None = Field(default=None, ge=1)
    hidden_weight: float | None = Field(default=None, ge=0)


class ObjectiveConfig(ConfigTable):
    """Training objective.

    Attributes:
        masking: unit that is masked as a whole: `subwords`, whole `words`, or `spans` of words.
        mask_rate: share of the subwords that is masked.
        mask_rate_end: share that is masked in the last step; the rate changes linearly from `mask_rate` to this value.
            By default it is constant.
        sentence_pairs: kind of sentence pairs: `next` (does the second segment follow the first?), `order` (which
            segment came first?), `none` (sequences with as many sentences as fit into a window), or `auto`: `next` for
            a new encoder if the text has enough pairs, else `none`.
        window: maximum length of a sequence in subwords.
        long_window: maximum length of a sequence in the last steps; by default the same as `window`.
        long_share: share of the steps with `long_window`.
        distillation: settings of the distillation loss, which replaces the losses of masked subwords and pairs if there
            is a teacher.
    """

    masking: Unit = "words"
    mask_rate: float = Field(default=0.15, gt=0, lt=1)
    mask_rate_end: float | None = Field(default=None, gt=0, lt=1)
    sentence_pairs: SentencePairs | Literal["auto"] = "auto"
    window: int = Field(default=128, ge=16)
    long_window: int | None = Field(default=None, ge=16)
    long_share: float = Field(default=0.1, gt=0, lt=1)
    distillation: DistillationConfig = DistillationConfig()


class PretrainingConfig(EngineConfig):
    """Training settings; see also :class:`~onoma.engine.config.EngineConfig`.

    If the encoder to continue has no head for masked subwords, it gets a new one. In this case the embeddings are
    frozen, the head is trained with a learning rate of 1e-3 and alone in the first steps, and the rest is trained with
    half the learning rate, unless these settings say otherwise.

    Attributes:
        steps: number of optimizer steps; alternatively give `epochs` or `minutes`.
        epochs: number of passes over the text; by default 10 for a randomly initialised encoder, else 3.
        minutes: training time in minutes; the number of steps is planned from the measured speed of some steps.
        learning_rate: peak learning rate; by default 3e-4 times 256 over the encoder's width for a randomly initialised
            encoder, else 1e-4 times 384 over the width, and half of that with a new head.
        batch_subwords: maximum number of subwords per batch, counted with padding to its longest sequence.
        head_first: share of the steps in which only a new head of an existing encoder is trained; by default 0.3.
        measurements: number of evaluations on the held-out text during the run.
    """

    steps: int | None = Field(default=None, ge=0)
    epochs: float | None = Field(default=None, gt=0)
    minutes: float | None = Field(default=None, gt=0)
    batch_subwords: int = Field(default=2_048, ge=1)
    head_first: float | None = Field(default=None, ge=0, lt=1)
    measurements: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _check_single_length(self) -> PretrainingConfig:
        lengths = [name for name in ("steps", "epochs", "minutes") if getattr(self, name) is not None]
        if len(lengths) > 1:
            raise ValueError(f"{' and '.join(lengths)} say how long it takes; give one of them")
        return self


class AdaptConfig(TextConfig):
    """Pre-training of an encoder before fine-tuning: keys for the text, and tables for objective and training."""

    objective: ObjectiveConfig = ObjectiveConfig()
    training: PretrainingConfig = PretrainingConfig()

    def for_encoder(self, encoder: str, *, output: Path) -> PretrainConfig:
        """Return the configuration of the pre-training run for an encoder."""
        return PretrainConfig(
            output=output,
            data=TextConfig(**self.model_dump(exclude={"objective", "training"})),
            model=PretrainModelConfig(encoder=encoder),
            objective=self.objective,
            training=self.training,
        )


class PretrainConfig(ConfigTable):
    """Configuration of a pre-training run.

    Attributes:
        output: path of the folder for the trained encoder.
    """

    output: Path
    data: TextConfig
    model: PretrainModelConfig = PretrainModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    training: PretrainingConfig = PretrainingConfig()

    @model_validator(mode="after")
    def _check_pairs_with_teacher(self) -> PretrainConfig:
        if self.model.teacher is not None and self.objective.sentence_pairs not in {"auto", "none"}:
            raise ValueError("objective.sentence_pairs: a teacher does not judge pairs of sentences; set it to none")
        return self


def read_config(
    path: Path | None,
    *,
    base: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
) -> PretrainConfig:
    """Read the configuration of a run; see :func:`onoma.engine.config.read_config`."""
    return config.read_config(PretrainConfig, path, base=base, settings=settings, option_names=_OPTION_NAMES)


_OPTION_NAMES = {"output": "output (--output)", "data": "data.text (--text)", "data.text": "data.text (--text)"}
