"""What a configuration leaves open, filled in by the size of corpus and encoder."""

from __future__ import annotations

import math

import torch

from onoma.engine.dtype import Dtype
from onoma.engine.groups import GroupSettings
from onoma.engine.learner import LearnerSettings
from onoma.engine.loop import LoopSettings
from onoma.models import Pretrained
from onoma.training.config import TrainingConfig
from onoma.training.data import TaggingData
from onoma.training.flat import Examples

_STEPS_WANTED = 750
_WIDTH_OF_BASE = 768


def plan_run(
    settings: TrainingConfig, examples: Examples, *, pretrained: Pretrained, device: torch.device, dtype: Dtype
) -> tuple[TaggingData, LoopSettings]:
    """The batches and everything the loop needs to know.

    Args:
        settings: what the user has said.
        examples: the training text.
        pretrained: the encoder.
        device: where it is trained.
        dtype: in which numbers.
    """
    subwords = examples.subwords
    budget = settings.batch_subwords or min(1_024, max(128, subwords // 150))
    per_step = budget * settings.accumulate
    rate = settings.learning_rate or 5e-5 * _WIDTH_OF_BASE / pretrained.hidden
    groups = GroupSettings(
        learning_rate=rate,
        weight_decay=settings.weight_decay,
        layer_decay=settings.layer_decay,
        head_learning_rate=settings.head_learning_rate,
        freeze_embeddings=settings.freeze_embeddings,
        freeze_layers=settings.freeze_layers,
    )
    learner = LearnerSettings(
        groups=groups,
        warmup=settings.warmup,
        clip=settings.clip,
        device=device,
        dtype=dtype,
        average=settings.average,
        seed=settings.seed,
    )
    loop = LoopSettings(
        epochs=settings.epochs or min(40, max(3, math.ceil(_STEPS_WANTED * per_step / subwords))),
        patience=settings.patience,
        learner=learner,
        accumulate=settings.accumulate,
    )
    data = TaggingData(examples, budget=budget, seed=settings.seed, tokenizer=pretrained.tokenizer)
    return data, loop
