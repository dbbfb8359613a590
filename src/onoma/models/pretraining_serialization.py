"""Saving and loading of models with pre-training heads as folders in Hugging Face layout.

``transformers`` loads such a folder as ``AutoModel``, ``AutoModelForMaskedLM`` and, for the family ``bert``,
``BertForPreTraining``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from torch import Tensor

from onoma.errors import EncoderError
from onoma.models.encoder import Encoder
from onoma.models.families import FAMILIES, named_weights, rename_norms
from onoma.models.pretrained import Pretrained, load_pretrained
from onoma.models.pretraining import PretrainingModel
from onoma.models.pretraining_heads import MaskedHead, PairHead
from onoma.models.serialization import save_weights
from onoma.models.tokenizer import save_tokenizer
from onoma.models.weights import find_weights, read_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadNames:
    """The ``transformers`` names of a family's pre-training classes and of the parameters of their heads.

    Attributes:
        architecture: name of the class with a head for masked subwords.
        with_pairs: name of the class with both heads; None if there is none.
        masked: their names of the parameters of our :class:`MaskedHead`, by our name.
        pairs: their names of the parameters of our :class:`PairHead`, by our name.
    """

    architecture: str
    with_pairs: str | None
    masked: Mapping[str, str]
    pairs: Mapping[str, str] = field(default_factory=dict)


def _masked_names(transform: str, norm: str, bias: str) -> dict[str, str]:
    names = {f"transform.{kind}": f"{transform}.{kind}" for kind in ("weight", "bias")}
    return names | {f"norm.{kind}": f"{norm}.{kind}" for kind in ("weight", "bias")} | {"bias": bias}


def _roberta_names(architecture: str) -> HeadNames:
    return HeadNames(
        architecture=architecture,
        with_pairs=None,
        masked=_masked_names("lm_head.dense", "lm_head.layer_norm", "lm_head.bias"),
    )


HEAD_NAMES: Mapping[str, HeadNames] = MappingProxyType(
    {
        "bert": HeadNames(
            architecture="BertForMaskedLM",
            with_pairs="BertForPreTraining",
            masked=_masked_names(
                "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"
            ),
            pairs={
                f"{ours}.{kind}": f"{theirs}.{kind}"
                for ours, theirs in (("pooler", "bert.pooler.dense"), ("affine", "cls.seq_relationship"))
                for kind in ("weight", "bias")
            },
        ),
        "roberta": _roberta_names("RobertaForMaskedLM"),
        "xlm-roberta": _roberta_names("XLMRobertaForMaskedLM"),
        "camembert": _roberta_names("CamembertForMaskedLM"),
        "electra": HeadNames(
            architecture="ElectraForMaskedLM",
            with_pairs=None,
            masked=_masked_names(
                "generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head.bias"
            ),
        ),
    }
)
"""Names of the pre-training heads by family."""


def build_pretraining_model(pretrained: Pretrained, *, pairs: bool | None) -> tuple[PretrainingModel, bool]:
    """Build a pre-training model with the heads from the encoder's folder; missing heads are created.

    Args:
        pretrained: the encoder, which is used without a copy.
        pairs: whether to classify pairs of segments; None to do so only if the folder has a head for pairs.

    Returns:
        The model, and whether its head for masked subwords is new.

    Raises:
        EncoderError: it is not of the BERT family, or does not support pairs.
    """
    encoder = pretrained.encoder
    if not isinstance(encoder, Encoder):
        raise EncoderError(
            f"encoder {pretrained.name!r} is a {pretrained.family}; only the BERT family can be pre-trained"
        )
    names = HEAD_NAMES[pretrained.family]
    if pairs and (names.with_pairs is None or encoder.config.token_types < 2):
        raise EncoderError(
            f"encoder {pretrained.name!r} is a {pretrained.family}, which knows no pairs of segments; "
            "set objective.sentence_pairs to none"
        )
    weights = {} if pretrained.folder is None else rename_norms(read_weights(find_weights(pretrained.folder)))
    masked = MaskedHead(encoder.config)
    is_loaded = _load_head(masked, names.masked, weights)
    pair_head = None if pairs is False else PairHead(encoder.hidden)
    if pair_head is not None and not _load_head(pair_head, names.pairs, weights) and pairs is None:
        pair_head = None
    return PretrainingModel(encoder, masked, pair_head), not is_loaded


def load_pretraining_model(name: str) -> tuple[PretrainingModel, Pretrained]:
    """Load an encoder with the heads that it was pre-trained with, in evaluation mode.

    Args:
        name: as for :func:`onoma.models.load_pretrained`.

    Returns:
        The model, which has a head for pairs only if the encoder's folder has one, and the loaded encoder.

    Raises:
        EncoderError: it cannot be loaded, or has no head for masked subwords.
    """
    pretrained = load_pretrained(name)
    model, is_new = build_pretraining_model(pretrained, pairs=None)
    if is_new:
        raise EncoderError(
            f"encoder {name!r} has no head for masked subwords; pre-train it first: "
            f"onoma pretrain --encoder {shlex.quote(name)} …"
        )
    return model.eval(), pretrained


def save_pretraining_model(model: PretrainingModel, folder: Path, *, pretrained: Pretrained) -> None:
    """Write weights, configuration and tokenizer to an existing folder."""
    names, family = HEAD_NAMES[pretrained.family], FAMILIES[pretrained.family]
    weights = named_weights(model.encoder, family) | _rename_head_weights(model.masked, names.masked)
    architecture = names.architecture
    if model.pairs is not None:
        assert names.with_pairs is not None
        weights |= _rename_head_weights(model.pairs, names.pairs)
        architecture = names.with_pairs
    fields = {"architectures": [architecture], "dtype": "float32", "tie_word_embeddings": True}
    save_weights(folder, weights, pretrained.hf_config, fields)
    save_tokenizer(pretrained.tokenizer, folder, longest=pretrained.longest)


def _load_head(head: MaskedHead | PairHead, names: Mapping[str, str], weights: Mapping[str, Tensor]) -> bool:
    """Load the weights of a head, and return whether this succeeded.

    The head is left unchanged if a weight is missing or has the wrong shape.
    """
    state = head.state_dict()
    tensors = {ours: weights.get(theirs) for ours, theirs in names.items()}
    compatible = {
        ours: tensor.float()
        for ours, tensor in tensors.items()
        if tensor is not None and tensor.shape == state[ours].shape
    }
    if compatible.keys() != state.keys():
        return False
    head.load_state_dict(compatible)
    return True


def _rename_head_weights(head: MaskedHead | PairHead, names: Mapping[str, str]) -> dict[str, Tensor]:
    return {names[ours]: tensor for ours, tensor in head.state_dict().items()}
