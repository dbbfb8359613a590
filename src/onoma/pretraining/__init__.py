"""Pre-training of encoders on unlabelled text: masked subwords, sentence pairs, distillation."""

from onoma.pretraining.config import SHAPES, AdaptConfig, PretrainConfig, read_config
from onoma.pretraining.inspection import MaskPrediction, PretrainedInspector
from onoma.pretraining.run import PretrainedModel, pretrain

__all__ = [
    "SHAPES",
    "AdaptConfig",
    "MaskPrediction",
    "PretrainedInspector",
    "PretrainConfig",
    "PretrainedModel",
    "pretrain",
    "read_config",
]
