"""Pre-training of encoders on unlabelled text: masked subwords, sentence pairs, distillation."""

from onoma.pretraining.config import SHAPES, AdaptConfig, PretrainConfig, read_config
from onoma.pretraining.inside import Filled, Inside
from onoma.pretraining.run import PretrainedModel, pretrain

__all__ = [
    "SHAPES",
    "AdaptConfig",
    "Filled",
    "Inside",
    "PretrainConfig",
    "PretrainedModel",
    "pretrain",
    "read_config",
]
