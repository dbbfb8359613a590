"""Models in torch: our own BERT encoder, heads, pre-trained weights, and the torch backend."""

from onoma.models.auxiliary import AuxiliaryModel
from onoma.models.backend import TorchBackend
from onoma.models.config import EncoderConfig, EncoderShape
from onoma.models.distillation import DistillationModel, build_distillation_model
from onoma.models.encoder import Encoder
from onoma.models.heads import (
    HEADS,
    AffineHead,
    CrfHead,
    Head,
    HeadSettings,
    LinearHead,
    SentenceBounds,
    SentenceHead,
    SpanHead,
    WordHead,
    make_head,
)
from onoma.models.model import Model, PackedBatch
from onoma.models.pretrained import (
    Pretrained,
    count_parameters,
    digest_by_name,
    find_encoder,
    find_shape,
    load_pretrained,
)
from onoma.models.pretraining import Losses, MaskedBatch, PretrainingModel
from onoma.models.pretraining_heads import IGNORED, MaskedHead
from onoma.models.pretraining_serialization import (
    build_pretraining_model,
    load_pretraining_model,
    save_pretraining_model,
)
from onoma.models.serialization import load_model, save_encoder, save_model
from onoma.models.tokenizer import save_tokenizer
from onoma.models.transformers_encoder import AutoEncoder

__all__ = [
    "HEADS",
    "IGNORED",
    "AffineHead",
    "AutoEncoder",
    "CrfHead",
    "DistillationModel",
    "Encoder",
    "EncoderConfig",
    "EncoderShape",
    "Head",
    "HeadSettings",
    "AuxiliaryModel",
    "LinearHead",
    "Losses",
    "MaskedBatch",
    "MaskedHead",
    "Model",
    "PackedBatch",
    "Pretrained",
    "PretrainingModel",
    "SentenceHead",
    "SentenceBounds",
    "SpanHead",
    "TorchBackend",
    "WordHead",
    "build_distillation_model",
    "count_parameters",
    "build_pretraining_model",
    "digest_by_name",
    "find_encoder",
    "find_shape",
    "load_model",
    "load_pretrained",
    "make_head",
    "load_pretraining_model",
    "save_encoder",
    "save_model",
    "save_pretraining_model",
    "save_tokenizer",
]
