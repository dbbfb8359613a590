"""The model families that our encoder covers, with Hugging Face's names of their settings and parameters.

This module converts a ``config.json`` into an :class:`EncoderConfig`, named tensors into an :class:`Encoder`, and an
encoder back into named tensors. It does not access files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from onoma.errors import EncoderError
from onoma.models.config import EncoderConfig
from onoma.models.encoder import ACTIVATIONS, Encoder

_MODULE_NAMES = {
    "embeddings.words": "embeddings.word_embeddings",
    "embeddings.positions": "embeddings.position_embeddings",
    "embeddings.types": "embeddings.token_type_embeddings",
    "embeddings.norm": "embeddings.LayerNorm",
}
_LAYER_MODULE_NAMES = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_forward.inner": "intermediate.dense",
    "feed_forward.outer": "output.dense",
    "feed_forward_norm": "output.LayerNorm",
}
_WORD_EMBEDDING_NAME = "embeddings.word_embeddings.weight"
_OLD_NORM_PATTERN = re.compile(r"LayerNorm\.(gamma|beta)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of BERT encoders: its conventions and Hugging Face's names of its modules.

    Attributes:
        prefix: prefix of the encoder's parameter names in the weights of a model with a head.
        classifier: name of the `transformers` class with a linear head over words.
        body: Hugging Face's names of our modules outside the layers, by our name.
        layer: Hugging Face's names of our modules inside a layer, by our name.
        positions_follow_padding: whether the first subword's position is the padding id + 1 instead of 0.
        embedding: default width of the embeddings; None if it is always the width of the hidden states.
    """

    prefix: str
    classifier: str
    body: Mapping[str, str]
    layer: Mapping[str, str]
    positions_follow_padding: bool = False
    embedding: int | None = None

    def their_name(self, ours: str) -> str:
        """Return Hugging Face's name, without prefix, of one of our encoder's parameters.

        >>> FAMILIES["bert"].their_name("layers.3.attention.query.bias")
        'encoder.layer.3.attention.self.query.bias'
        """
        module, _, kind = ours.rpartition(".")
        if module.startswith("layers."):
            _, number, part = module.split(".", maxsplit=2)
            return f"encoder.layer.{number}.{self.layer[part]}.{kind}"
        return f"{self.body[module]}.{kind}"


def _roberta_family(classifier: str) -> Family:
    return Family(
        prefix="roberta.",
        classifier=classifier,
        body=_MODULE_NAMES,
        layer=_LAYER_MODULE_NAMES,
        positions_follow_padding=True,
    )


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "bert": Family(
            prefix="bert.", classifier="BertForTokenClassification", body=_MODULE_NAMES, layer=_LAYER_MODULE_NAMES
        ),
        "roberta": _roberta_family("RobertaForTokenClassification"),
        "xlm-roberta": _roberta_family("XLMRobertaForTokenClassification"),
        "camembert": _roberta_family("CamembertForTokenClassification"),
        "electra": Family(
            prefix="electra.",
            classifier="ElectraForTokenClassification",
            body={**_MODULE_NAMES, "projection": "embeddings_project"},
            layer=_LAYER_MODULE_NAMES,
            embedding=128,
        ),
    }
)
"""Families by the ``model_type`` of their configurations."""


def covers(hf_config: Mapping[str, object]) -> bool:
    """Return whether our own encoder can run a model with this configuration."""
    return (
        hf_config.get("model_type") in FAMILIES
        and hf_config.get("position_embedding_type", "absolute") == "absolute"
        and not hf_config.get("is_decoder", False)
        and hf_config.get("hidden_act", "gelu") in ACTIVATIONS
    )


def read_config(hf_config: Mapping[str, object]) -> EncoderConfig:
    """Translate the fields of a ``config.json`` of one of the ``FAMILIES``.

    Raises:
        EncoderError: a field is missing, or is not a valid number.
    """
    family = FAMILIES[str(hf_config["model_type"])]

    def read_positive_int(key: str, default: int | None = None) -> int:
        value = hf_config.get(key, default)
        if not isinstance(value, int) or value < 1:
            raise EncoderError(f"config.json: {key} is {value!r}, expected a whole number above 0")
        return value

    def read_float(key: str, default: float) -> float:
        value = hf_config.get(key, default)
        if not isinstance(value, int | float):
            raise EncoderError(f"config.json: {key} is {value!r}, expected a number")
        return float(value)

    pad = hf_config.get("pad_token_id")
    pad_id = pad if isinstance(pad, int) else int(family.positions_follow_padding)
    hidden = read_positive_int("hidden_size")
    try:
        return EncoderConfig(
            vocabulary=read_positive_int("vocab_size"),
            hidden=hidden,
            layers=read_positive_int("num_hidden_layers"),
            heads=read_positive_int("num_attention_heads"),
            feed_forward=read_positive_int("intermediate_size"),
            positions=read_positive_int("max_position_embeddings"),
            token_types=read_positive_int("type_vocab_size", 2),
            embedding=None if family.embedding is None else read_positive_int("embedding_size", family.embedding),
            first_position=pad_id + 1 if family.positions_follow_padding else 0,
            pad_id=pad_id,
            layer_norm_epsilon=read_float("layer_norm_eps", 1e-12),
            dropout=read_float("hidden_dropout_prob", 0.1),
            attention_dropout=read_float("attention_probs_dropout_prob", 0.1),
            activation=str(hf_config.get("hidden_act", "gelu")),
        )
    except ValueError as error:
        raise EncoderError(f"config.json: {error}") from error


def build_encoder(hf_config: Mapping[str, object], weights: Mapping[str, Tensor]) -> Encoder:
    """Build an encoder from named tensors, which are used without a copy if they are in fp32.

    Other tensors (poolers, language model heads, optimizer states) are ignored.

    Args:
        hf_config: fields of a ``config.json`` of one of the ``FAMILIES``.
        weights: tensors under Hugging Face's names with any prefix; layer norms may have their TensorFlow names.

    Raises:
        EncoderError: the configuration is invalid, or a parameter is missing or has the wrong shape.
    """
    family = FAMILIES[str(hf_config["model_type"])]
    config = read_config(hf_config)
    renamed = rename_norms(weights)
    prefix = _find_prefix(renamed, family)
    if config.layers > len(renamed):
        raise EncoderError(f"config.json: {config.layers:,} layers, for which {len(renamed):,} weights are too few")
    with torch.device("meta"), _SkipInit():
        encoder = Encoder(config)
    state: dict[str, Tensor] = {}
    for ours, expected in encoder.state_dict().items():
        theirs = prefix + family.their_name(ours)
        weight = renamed.get(theirs)
        if weight is None:
            raise EncoderError(f"the weights lack {theirs}; config.json asks for {encoder.config.layers} layers")
        if weight.shape != expected.shape:
            raise EncoderError(
                f"{theirs} has the shape {list(weight.shape)}, and config.json asks for {list(expected.shape)}"
            )
        state[ours] = weight.float()
    encoder.load_state_dict(state, assign=True)
    return encoder


def rename_norms(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return named tensors in which layer norms with TensorFlow's names, as in ``bert-base-uncased``, have torch's."""
    return {_OLD_NORM_PATTERN.sub(_rename_norm_parameter, name): tensor for name, tensor in weights.items()}


class _SkipInit(TorchFunctionMode):
    """Mode in which new weights are not initialised.

    Tensors on the meta device have no values, and torch would import its compiler to initialise them, which takes 70 MB
    and a second.
    """

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        is_initializer = getattr(func, "__module__", None) == nn.init.__name__
        return None if is_initializer else func(*args, **(kwargs or {}))


def named_weights(encoder: Encoder, family: Family) -> dict[str, Tensor]:
    """Return the encoder's parameters under Hugging Face's names, with the family's prefix."""
    return {family.prefix + family.their_name(ours): tensor for ours, tensor in encoder.state_dict().items()}


def _find_prefix(weights: Mapping[str, Tensor], family: Family) -> str:
    """Return the prefix of the encoder's parameters: the family's own if present, else the shortest one found."""
    prefixes = sorted(
        (name.removesuffix(_WORD_EMBEDDING_NAME) for name in weights if name.endswith(_WORD_EMBEDDING_NAME)), key=len
    )
    if not prefixes:
        raise EncoderError(f"the weights have no {_WORD_EMBEDDING_NAME}, under any prefix")
    return family.prefix if family.prefix in prefixes else prefixes[0]


def _rename_norm_parameter(match: re.Match[str]) -> str:
    return "LayerNorm.weight" if match[1] == "gamma" else "LayerNorm.bias"
