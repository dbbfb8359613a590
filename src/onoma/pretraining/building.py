"""Setup of a pre-training run: new encoder, vocabulary, check of window sizes, kind of sentence pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from onoma.errors import ConfigError, EncoderError, InputError
from onoma.models import Encoder, Pretrained
from onoma.models.families import read_config
from onoma.models.tokenizer import load_tokenizer
from onoma.pretraining.config import SHAPES, PretrainConfig, PretrainModelConfig
from onoma.pretraining.sequences import SentencePairs
from onoma.pretraining.tokenized import TokenizedText
from onoma.pretraining.vocabulary import check_tokenizer, special_ids

_MIN_PAIRABLE_SHARE = 0.1
"""Minimum share of documents with two or more sentences for which ``auto`` chooses pairs."""


def new_encoder(model: PretrainModelConfig, tokenizer: Tokenizer) -> Pretrained:
    """Return a BERT encoder with random weights, drawn from torch's global generator.

    Raises:
        ConfigError: the sizes are not compatible with each other.
    """
    shape = SHAPES[model.shape]
    hidden = model.hidden or shape.hidden
    special = special_ids(tokenizer)
    fields: dict[str, object] = {
        "model_type": "bert",
        "vocab_size": max(tokenizer.get_vocab().values()) + 1,
        "hidden_size": hidden,
        "num_hidden_layers": model.layers or shape.layers,
        "num_attention_heads": model.heads or shape.heads,
        "intermediate_size": model.feed_forward or 4 * hidden,
        "max_position_embeddings": model.positions,
        "type_vocab_size": 2,
        "pad_token_id": special.pad,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
    }
    try:
        encoder = Encoder(read_config(fields))
    except EncoderError as error:
        raise ConfigError(f"model: {error}") from error
    digest = hashlib.sha256(f"{sorted(fields.items())}{tokenizer.to_str()}".encode()).hexdigest()
    return Pretrained(
        name="new",
        family="bert",
        hf_config=fields,
        encoder=encoder,
        tokenizer=tokenizer,
        longest=model.positions,
        digest=f"sha256:{digest}",
    )


def read_vocabulary(path: Path) -> Tokenizer:
    """Read the tokenizer of a ``tokenizer.json`` file or of an encoder's folder.

    Raises:
        EncoderError: there is no tokenizer, or it cannot be used for masked-language modelling.
    """
    folder = path.parent if path.name == "tokenizer.json" else path
    if not folder.is_dir():
        raise EncoderError(f"model.vocabulary: {path} is neither a tokenizer.json nor a folder with one")
    tokenizer = load_tokenizer(folder)
    check_tokenizer(tokenizer)
    return tokenizer


def check_windows(config: PretrainConfig, pretrained: Pretrained) -> None:
    """Check that sequences of the configured window sizes fit into the encoder and into a batch.

    Raises:
        ConfigError: a window is too long.
    """
    for name in ("window", "long_window"):
        window = getattr(config.objective, name)
        if window is not None and window > pretrained.longest:
            raise ConfigError(
                f"objective.{name}: {window} subwords are more than the {pretrained.longest} that encoder "
                f"{pretrained.name} can read"
            )
        if window is not None and window > config.training.batch_subwords:
            raise ConfigError(
                f"training.batch_subwords: {config.training.batch_subwords} subwords have no room for a sequence of "
                f"{window}; raise it, or lower objective.{name}"
            )


def choose_pairs(config: PretrainConfig, text: TokenizedText, *, notice: Callable[[str], object]) -> SentencePairs:
    """Return the kind of sentence pairs to train on: as configured, if such pairs can be made from the text.

    For ``auto``, the kind depends on encoder and text. With a teacher it is always ``none``.

    Raises:
        InputError: the configured kind of pairs cannot be made from the text.
    """
    if config.model.teacher is not None:
        return "none"
    pairs, documents = config.objective.sentence_pairs, len(text.documents) - 1
    reason = None
    if documents < 2:
        reason = "the text is one document, so no sentence of another document can be drawn"
    elif not text.pairable:
        reason = f"none of the {documents:,} documents has two sentences"
    if pairs == "auto":
        if config.model.encoder is not None:
            return "none"
        if reason is None and text.pairable < _MIN_PAIRABLE_SHARE * documents:
            reason = f"only {text.pairable:,} of {documents:,} documents have two sentences"
        if reason is not None:
            notice(
                f"{reason}; there are no pairs of sentences to judge, and all text is used to predict masked subwords"
            )
        return "next" if reason is None else "none"
    if pairs == "none" or reason is None or (pairs == "order" and text.pairable):
        return pairs
    raise InputError(
        f"objective.sentence_pairs = {pairs}: {reason}; separate documents by blank lines and set data.documents to "
        "blank-lines, give more files, or set objective.sentence_pairs to none"
    )
