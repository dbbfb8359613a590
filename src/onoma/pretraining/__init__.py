"""Pre-training: unlabelled text to an encoder, by masked subwords and pairs of segments."""

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
