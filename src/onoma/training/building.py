"""Builds the model, the batches and the loop settings of a run from its configuration and a pre-trained encoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from onoma.bundle import ENTITIES
from onoma.engine.config import learner_settings
from onoma.engine.dtype import Dtype
from onoma.engine.loop import LoopSettings
from onoma.errors import ConfigError
from onoma.models import HEADS, Encoder, HeadSettings, Model, Pretrained, make_head
from onoma.models.checkpointing import checkpoint_layers
from onoma.models.dropout import set_dropout
from onoma.models.lora import LoraSettings, add_lora
from onoma.tasks import SpanTask, TagTask
from onoma.text import Document
from onoma.training.balance import class_weights
from onoma.training.config import RunConfig, TrainingConfig
from onoma.training.corpus import TrainingText
from onoma.training.data import TaggingData
from onoma.training.flat import Examples
from onoma.training.learning_rates import default_head_learning_rate, default_learning_rate, hidden_variance
from onoma.training.parts import Part

_TARGET_STEPS = 750
_TRAINING_COST = 3
"""Cost of training on a subword or word, relative to evaluating it: forward and backward instead of forward alone."""

_MIN_EVALUATIONS = 4
_MAX_SAMPLES = 24


def build_model(config: RunConfig, pretrained: Pretrained, *, text: TrainingText) -> Model:
    """Build a model from an encoder and a new head, with LoRA adapters if they are configured.

    Args:
        config: configuration of the run.
        pretrained: pre-trained encoder, which is changed in place and becomes part of the model.
        text: training text, whose tags are counted for balanced class weights.

    Raises:
        ConfigError: the configuration does not fit the encoder or the head.
    """
    settings, task = config.training, text.task
    weights = None
    if settings.class_weights is not None and isinstance(task, TagTask):
        weights = class_weights(settings.class_weights, tags=task.tags, targets=text.examples.targets)
    head = make_head(
        config.model.head,
        pretrained.hidden,
        task,
        HeadSettings(dropout=config.model.dropout, class_weights=weights, label_smoothing=settings.label_smoothing),
    )
    if config.model.encoder_dropout is not None:
        set_dropout(pretrained.encoder, config.model.encoder_dropout)
    if settings.lora is not None:
        add_lora(pretrained.encoder, settings=LoraSettings(**settings.lora.model_dump()))
    if settings.recompute:
        checkpoint_layers(pretrained.encoder)
    return Model(pretrained.encoder, {ENTITIES: head})


def check_model(config: RunConfig, pretrained: Pretrained) -> None:
    """Check that the configuration fits the head and the encoder, before the corpus is read.

    Raises:
        ConfigError: the configuration does not fit the head or the encoder.
    """
    word_weights = config.training.class_weights is not None or config.training.label_smoothing > 0
    if word_weights and not HEADS[config.model.head].has_word_losses:
        raise ConfigError(
            f"model.head: the loss of the head {config.model.head} is not one of single words; remove "
            "training.class_weights and training.label_smoothing, or use the head linear"
        )
    if config.model.encoder_dropout is not None and not isinstance(pretrained.encoder, Encoder):
        raise ConfigError(
            f"model.encoder_dropout: encoder {pretrained.name} is a {pretrained.family}; dropout can "
            "be set for the BERT family only"
        )
    if config.model.window > pretrained.longest:
        raise ConfigError(
            f"model.window: {config.model.window} subwords are more than the {pretrained.longest} that encoder "
            f"{pretrained.name} can read"
        )


@dataclass(frozen=True, slots=True)
class ResolvedSettings:
    """The settings whose defaults depend on the encoder and the training text, with their values for a run.

    Attributes:
        learning_rate: peak learning rate.
        batch_subwords: maximum number of subwords per padded batch.
        epochs: maximum number of epochs.
        head_learning_rate: peak learning rate of the head; None for ``learning_rate``.
    """

    learning_rate: float
    batch_subwords: int
    epochs: int
    head_learning_rate: float | None = None


def resolve_settings(settings: TrainingConfig, text: TrainingText, *, pretrained: Pretrained) -> ResolvedSettings:
    """Determine the learning rates, the batch size and the number of epochs of a run.

    Args:
        settings: settings of the user; values given there are used.
        text: training text.
        pretrained: pre-trained encoder, as yet unchanged.
    """
    subwords = text.examples.subwords
    batch = settings.batch_subwords or min(1_024, max(128, subwords // 150))
    epochs = math.ceil(_TARGET_STEPS * batch * settings.accumulate / subwords)
    rate = settings.learning_rate or default_learning_rate(pretrained.shape)
    head_rate = settings.head_learning_rate
    if head_rate is None and settings.lora is None and isinstance(text.task, TagTask):
        variance = hidden_variance(pretrained.encoder, select_samples(text.examples))
        head_rate = default_head_learning_rate(pretrained.shape, variance=variance)
    return ResolvedSettings(
        learning_rate=rate,
        batch_subwords=batch,
        epochs=settings.epochs or min(40, max(3, epochs)),
        head_learning_rate=head_rate,
    )


def select_samples(examples: Examples) -> list[NDArray[np.int64]]:
    """Select windows evenly spread over the range of lengths."""
    order = np.argsort(examples.lengths, kind="stable")
    chosen = np.unique(np.linspace(0, len(order) - 1, num=min(_MAX_SAMPLES, len(order))).astype(int))
    return [examples[position].ids.astype(np.int64) for position in order[chosen].tolist()]


def evaluation_interval(
    resolved: ResolvedSettings, dev: Part | None, *, train_length: int, length_of: Callable[[Document], int]
) -> int:
    """Return the number of epochs from one evaluation on dev to the next.

    It is 1 unless an evaluation takes longer than an epoch, because dev is large and the training text small. It is
    then chosen so that evaluation takes no longer than training, but a run has at least four evaluations.

    Args:
        resolved: number of epochs.
        dev: dev set; None if there is none.
        train_length: length of the training text in subwords, or in words for a network that reads words.
        length_of: function that returns the length of a document in the same unit; called only in long runs.
    """
    longest = resolved.epochs // _MIN_EVALUATIONS
    if dev is None or longest <= 1:
        return 1
    dev_length = sum(map(length_of, dev.documents))
    return max(1, min(longest, math.ceil(dev_length / (_TRAINING_COST * train_length))))


def resolved_config(config: RunConfig, resolved: ResolvedSettings, *, device: torch.device, dtype: Dtype) -> RunConfig:
    """Return a copy of a configuration in which all automatic training settings have their values.

    Args:
        config: configuration of the user.
        resolved: learning rate, batch size and number of epochs.
        device: device to train on.
        dtype: dtype of the matrix products.
    """
    updates = {**asdict(resolved), "device": device.type, "dtype": dtype.name}
    return config.model_copy(update={"training": config.training.model_copy(update=updates)})


def plan_run(
    settings: TrainingConfig,
    resolved: ResolvedSettings,
    text: TrainingText,
    *,
    pretrained: Pretrained,
    device: torch.device,
    dtype: Dtype,
    evaluate_every: int,
) -> tuple[TaggingData, LoopSettings]:
    """Return the batches and the loop settings of a run.

    Args:
        settings: settings of the user.
        resolved: learning rate, batch size and number of epochs.
        text: training text.
        pretrained: pre-trained encoder, whose tokenizer shows examples in messages.
        device: device to train on.
        dtype: dtype of the matrix products.
        evaluate_every: number of epochs from one evaluation on dev to the next.
    """
    loop = LoopSettings(
        epochs=resolved.epochs,
        patience=settings.patience,
        learner=learner_settings(
            settings,
            device=device,
            dtype=dtype,
            learning_rate=resolved.learning_rate,
            head_learning_rate=resolved.head_learning_rate,
        ),
        accumulate=settings.accumulate,
        evaluate_every=evaluate_every,
    )
    data = TaggingData(
        text.examples,
        budget=resolved.batch_subwords,
        seed=settings.seed,
        tokenizer=pretrained.tokenizer,
        of_spans=isinstance(text.task, SpanTask),
    )
    return data, loop
