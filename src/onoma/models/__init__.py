"""Models in torch: our own BERT encoder, heads, pre-trained weights, and the torch backend."""

from onoma.models.auto import AutoEncoder
from onoma.models.backend import TorchBackend
from onoma.models.config import EncoderConfig
from onoma.models.encoder import Encoder
from onoma.models.heads import HEADS, NO_TARGET, Head, LinearHead
from onoma.models.model import Model
from onoma.models.pretrained import Pretrained, load_pretrained
from onoma.models.saved import load_model, save_encoder, save_model
from onoma.models.tokenizer import save_tokenizer

__all__ = [
    "HEADS",
    "NO_TARGET",
    "AutoEncoder",
    "Encoder",
    "EncoderConfig",
    "Head",
    "LinearHead",
    "Model",
    "Pretrained",
    "TorchBackend",
    "load_model",
    "load_pretrained",
    "save_encoder",
    "save_model",
    "save_tokenizer",
]
