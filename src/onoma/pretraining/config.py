"""A pre-training run's configuration: its tables, their keys and defaults, but for those that the engine has.

Paths are taken from the folder in which the command runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field, field_validator, model_validator

from onoma.engine import config
from onoma.engine.config import EngineConfig, Frozen
from onoma.pretraining.masking import Unit
from onoma.pretraining.sequences import SentencePairs
from onoma.pretraining.text import DocumentUnit


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of an encoder; the feed-forward step is four times as wide as the hidden states."""

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
"""Shapes by name (Turc et al. 2019, table 1)."""


class TextConfig(Frozen):
    """Where the text is.

    Attributes:
        text: files or folders to learn from.
        held_out: files to measure on, in the place of a share of the documents.
        held_out_share: share of the documents that is held out, by chance; 0 for none.
        format: the files' format; by default annotated files are recognised, and all others are plain text.
        encoding: the files' character encoding.
        documents: what a document is in plain text: `lines`, `blank-lines` (what is between them), `files`, or `auto`.
    """

    text: tuple[Path, ...] = Field(min_length=1)
    held_out: tuple[Path, ...] = ()
    held_out_share: float = Field(default=0.05, ge=0, lt=1)
    format: str | None = None
    encoding: str = "utf-8"
    documents: DocumentUnit = "auto"

    @field_validator("text", "held_out", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value


class PretrainModelConfig(Frozen):
    """What is trained.

    Attributes:
        encoder: an encoder to go on with (`small`, `multilingual`, a folder or a Hub id); by default a new one.
        teacher: an encoder to distil: what is trained learns to resemble it, and nothing is masked. A new encoder has
            its tokenizer.
        shape: size of a new encoder: `tiny` (2 layers of 128), `mini` (4 of 256), `small` (4 of 512), `base` (12 of
            768); or `teacher`: it begins as some of the teacher's layers, evenly spaced, half of them unless `layers`
            is given.
        layers, hidden, heads, feed_forward: sizes in the place of the shape's.
        positions: subwords that a new encoder can read at once.
        dropout: probability with which a hidden unit or an attention weight is dropped in pre-training; by default 0
            for a new encoder (Geiping and Goldstein 2023), or as the encoder has it.
        vocabulary: a `tokenizer.json`, or a folder with one, for a new encoder; by default it is trained on the text.
        vocabulary_kind: `wordpiece` or `unigram`.
        vocabulary_size: subwords of a new vocabulary at most.
        cased: whether a new vocabulary tells capitals from lower case.
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
    def begins_random(self) -> bool:
        """Whether its weights are random at first."""
        return self.encoder is None and self.shape != "teacher"

    @model_validator(mode="after")
    def _fits_teacher(self) -> PretrainModelConfig:
        if self.teacher is not None and self.vocabulary is not None:
            raise ValueError("vocabulary: a new encoder has the vocabulary of its teacher; leave it out")
        if self.shape == "teacher":
            if self.teacher is None:
                raise ValueError("shape: teacher (--shape teacher) needs a teacher (--teacher)")
            given = [name for name in ("encoder", "hidden", "heads", "feed_forward") if getattr(self, name) is not None]
            if given:
                raise ValueError(
                    f"shape: what begins as layers of the teacher has no {' and no '.join(given)} of its own"
                )
        return self


class DistillationConfig(Frozen):
    """What is learnt of a teacher.

    Attributes:
        relation_heads: heads in which the relations among queries, keys and values are compared; by default as many as
            divide both widths, and have 16 units of the teacher's width each or more.
        teacher_layer: the teacher's layer whose relations are learnt, from 1; by default the last one, or, of more than
            12 layers, the one after seven eighths of them.
        hidden_weight: weight of the loss of the last hidden states beside that of the relations; by default one over
            the mean square of the weights of the teacher's last norm, so that the size of its hidden states does not
            matter.
    """

    relation_heads: int | None = Field(default=None, ge=1)
    teacher_layer: int | None = Field(default=None, ge=1)
    hidden_weight: float | None = Field(default=None, ge=0)


class ObjectiveConfig(Frozen):
    """What is learnt.

    Attributes:
        masking: what is masked as a whole: `subwords`, whole `words`, or `spans` of words.
        mask_rate: share of the subwords that is masked.
        mask_rate_end: the share at the last step, towards which it changes evenly; by default it does not change.
        sentence_pairs: `next` (does the second segment follow the first?), `order` (which came first?), `none` (as many
            sentences as a window holds), or `auto`: `next` for a new encoder where the text has pairs, else `none`.
        window: subwords of a sequence at most.
        long_window: the same at the end of training; by default it does not change.
        long_share: share of the steps with `long_window`.
        distillation: what is learnt of a teacher, in the place of masked subwords and pairs.
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
    """How it is trained; also see :class:`~onoma.engine.config.EngineConfig`.

    An encoder that goes on without a head for masked subwords gets a new one. Then the embeddings are frozen, the head
    learns at 1e-3 and alone at first, and the rest more slowly, unless these settings say otherwise.

    Attributes:
        steps: how many; or give `epochs` or `minutes`.
        epochs: passes over the text; 10 by default for a new encoder, else 3.
        minutes: plan as many steps as take so long, by the speed of the first ones.
        learning_rate: at its height; by default 3e-4 times 256 over the encoder's width for a new one, else 1e-4 times
            384 over it, and half of that with a new head.
        batch_subwords: subwords of a batch, padded to its longest sequence.
        head_first: share of the steps in which only a new head learns, if the encoder goes on; by default 0.3.
        measurements: how often the held-out text is measured in the course of the run.
    """

    steps: int | None = Field(default=None, ge=0)
    epochs: float | None = Field(default=None, gt=0)
    minutes: float | None = Field(default=None, gt=0)
    batch_subwords: int = Field(default=2_048, ge=1)
    head_first: float | None = Field(default=None, ge=0, lt=1)
    measurements: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _one_length(self) -> PretrainingConfig:
        given = [name for name in ("steps", "epochs", "minutes") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} say how long it takes; give one of them")
        return self


class AdaptConfig(TextConfig):
    """Pre-training of an encoder before it is fine-tuned: where the text is, and a table for each of the others."""

    objective: ObjectiveConfig = ObjectiveConfig()
    training: PretrainingConfig = PretrainingConfig()

    def for_encoder(self, encoder: str, *, output: Path) -> PretrainConfig:
        """The configuration of that pre-training."""
        return PretrainConfig(
            output=output,
            data=TextConfig(**self.model_dump(exclude={"objective", "training"})),
            model=PretrainModelConfig(encoder=encoder),
            objective=self.objective,
            training=self.training,
        )


class PretrainConfig(Frozen):
    """A whole run.

    Attributes:
        output: the folder of the encoder.
    """

    output: Path
    data: TextConfig
    model: PretrainModelConfig = PretrainModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    training: PretrainingConfig = PretrainingConfig()

    @model_validator(mode="after")
    def _no_pairs_of_a_teacher(self) -> PretrainConfig:
        if self.model.teacher is not None and self.objective.sentence_pairs not in {"auto", "none"}:
            raise ValueError("objective.sentence_pairs: a teacher does not judge pairs of sentences; set it to none")
        return self


def read_config(
    path: Path | None,
    *,
    base: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
) -> PretrainConfig:
    """Put a run together; see :func:`onoma.engine.config.read_config`."""
    return config.read_config(PretrainConfig, path, base=base, settings=settings, asked_for=_ASKED_FOR_BY)


_ASKED_FOR_BY = {"output": "output (--output)", "data": "data.text (--text)", "data.text": "data.text (--text)"}
