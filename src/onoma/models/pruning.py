"""Pruning of a pre-trained encoder: fewer subwords in its vocabulary, and fewer layers.

Removing subwords that a text does not contain leaves the hidden states of the text unchanged (Abdaoui et al. 2020, Load
What You Need). Removing layers changes them: the result is a starting point for training (Sanh et al. 2019, section 3).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from onoma.errors import EncoderError
from onoma.models.encoder import Encoder
from onoma.models.pretrained import Pretrained

_TEXTS_AT_ONCE = 1_000


def count_subwords(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[int]:
    """Count how often each subword occurs in the texts, by its id."""
    counts: Counter[int] = Counter()
    stream = iter(texts)
    while texts := list(islice(stream, _TEXTS_AT_ONCE)):
        for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
            counts.update(encoding.ids)
    return counts


def choose_subwords(tokenizer: Tokenizer, counts: Mapping[int, int], *, limit: int) -> list[int]:
    """Return the ids of the subwords to keep, in ascending order.

    Subwords are chosen up to the limit: first special tokens, then the subwords in ``counts``, the most frequent first,
    then single characters, so that fewer words of other text are unknown.
    """
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    vocabulary = tokenizer.get_vocab()
    special = sorted(number for subword, number in vocabulary.items() if subword in added)
    counted = sorted(counts, key=lambda number: (-counts[number], number))
    characters = sorted(number for subword, number in vocabulary.items() if len(subword.lstrip("▁#")) <= 1)
    return sorted(list(dict.fromkeys([*special, *counted, *characters]))[:limit])


def prune_vocabulary(pretrained: Pretrained, subwords: Sequence[int]) -> Pretrained:
    """Reduce an encoder's vocabulary to these subwords, renumbered in the given order.

    The encoder is changed in place; the result holds it with its new configuration and tokenizer.

    Raises:
        EncoderError: it is not of the BERT family, or its tokenizer is neither a unigram model nor WordPiece.
    """
    encoder = _own(pretrained)
    words = nn.Embedding(len(subwords), encoder.words.embedding_dim)
    words.weight = nn.Parameter(encoder.words.weight.detach()[torch.tensor(subwords)].clone())
    encoder.embeddings.words = words
    numbers = {old: new for new, old in enumerate(subwords)}
    pad = numbers.get(encoder.config.pad_id, 0)
    encoder.config = replace(encoder.config, vocabulary=len(subwords), pad_id=pad)
    hf_config = dict(pretrained.hf_config) | {"vocab_size": len(subwords)}
    for key in ("pad_token_id", "bos_token_id", "eos_token_id"):
        if isinstance(old := hf_config.get(key), int):
            hf_config[key] = numbers.get(old)
    return replace(pretrained, hf_config=hf_config, tokenizer=_prune_tokenizer(pretrained.tokenizer, numbers))


def prune_layers(pretrained: Pretrained, count: int) -> Pretrained:
    """Reduce an encoder to ``count`` of its layers, evenly spaced and including the last one.

    The encoder is changed in place; the result holds it with its new configuration.

    Raises:
        EncoderError: it is not of the BERT family, or has fewer than ``count`` layers.
    """
    encoder = _own(pretrained)
    present = len(encoder.layers)
    if not 1 <= count <= present:
        raise EncoderError(f"encoder {pretrained.name!r} has {present} layers; {count} cannot be kept")
    encoder.layers = nn.ModuleList(encoder.layers[(place + 1) * present // count - 1] for place in range(count))
    encoder.config = replace(encoder.config, layers=count)
    return replace(pretrained, hf_config=dict(pretrained.hf_config) | {"num_hidden_layers": count})


def _own(pretrained: Pretrained) -> Encoder:
    if not isinstance(pretrained.encoder, Encoder):
        raise EncoderError(f"encoder {pretrained.name!r} is a {pretrained.family}; only the BERT family can be pruned")
    return pretrained.encoder


def _prune_tokenizer(tokenizer: Tokenizer, numbers: Mapping[int, int]) -> Tokenizer:
    description: dict[str, Any] = json.loads(tokenizer.to_str())
    model = description["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [model["vocab"][old] for old in numbers]
        model["unk_id"] = numbers[model["unk_id"]]
    elif model["type"] == "WordPiece":
        model["vocab"] = {subword: numbers[old] for subword, old in model["vocab"].items() if old in numbers}
    else:
        raise EncoderError(f"the vocabulary of a {model['type']} tokenizer cannot be pruned; Unigram and WordPiece can")
    for token in description["added_tokens"]:
        token["id"] = numbers[token["id"]]
    for token in description["post_processor"]["special_tokens"].values():
        token["ids"] = [numbers[old] for old in token["ids"]]
    return Tokenizer.from_str(json.dumps(description))
