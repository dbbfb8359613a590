"""A configuration and a pre-trained encoder to what a run needs: model, device, batches and settings."""

from __future__ import annotations

import math

import torch

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
from onoma.training.balance import class_weights
from onoma.training.config import RunConfig, TrainingConfig
from onoma.training.corpus import TrainingText
from onoma.training.data import TaggingData

_STEPS_WANTED = 750
_WIDTH_OF_BASE = 768


def build_model(config: RunConfig, pretrained: Pretrained, *, text: TrainingText) -> Model:
    """Put a new head on the encoder, and adapters into it where wanted.

    Args:
        config: of the run.
        pretrained: the encoder, which becomes part of the model.
        text: what is learnt from, in which tags are counted.

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
    """Check what can be checked before the corpus is read.

    Raises:
        ConfigError: the configuration does not fit the encoder.
    """
    if config.model.head not in HEADS:
        raise ConfigError(f"model.head: unknown head {config.model.head!r}; choose one of {', '.join(HEADS)}")
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


def plan_run(
    settings: TrainingConfig, text: TrainingText, *, pretrained: Pretrained, device: torch.device, dtype: Dtype
) -> tuple[TaggingData, LoopSettings]:
    """The batches and everything the loop needs to know.

    Args:
        settings: what the user has said.
        text: what is learnt from.
        pretrained: the encoder.
        device: where it is trained.
        dtype: in which numbers.
    """
    subwords = text.examples.subwords
    budget = settings.batch_subwords or min(1_024, max(128, subwords // 150))
    per_step = budget * settings.accumulate
    rate = settings.learning_rate or 5e-5 * _WIDTH_OF_BASE / pretrained.hidden
    loop = LoopSettings(
        epochs=settings.epochs or min(40, max(3, math.ceil(_STEPS_WANTED * per_step / subwords))),
        patience=settings.patience,
        learner=learner_settings(settings, device=device, dtype=dtype, learning_rate=rate),
        accumulate=settings.accumulate,
    )
    data = TaggingData(
        text.examples,
        budget=budget,
        seed=settings.seed,
        tokenizer=pretrained.tokenizer,
        of_spans=isinstance(text.task, SpanTask),
    )
    return data, loop
