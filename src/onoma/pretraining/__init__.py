"""Pre-training: unlabelled text to an encoder, by masked subwords and pairs of segments."""

from onoma.pretraining.config import SHAPES, PretrainConfig, read_config
from onoma.pretraining.run import PretrainedModel, pretrain

__all__ = ["SHAPES", "PretrainConfig", "PretrainedModel", "pretrain", "read_config"]
