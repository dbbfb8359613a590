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

from onoma.encoding import SubwordEncoder
from onoma.encoding.preprocessing import read_words
from onoma.errors import ConfigError, EncoderError
from onoma.models.encoder import Encoder
from onoma.models.pretrained import Pretrained
from onoma.models.tokenizer import iter_stages
from onoma.text import Document

_DOCUMENTS_PER_BATCH = 1_000


def count_subwords(tokenizer: Tokenizer, documents: Iterable[Document]) -> Counter[int]:
    """Count how often each subword occurs in documents, by its id.

    Each text is encoded as a whole, as in pre-training, and word by word, as in tagging. The subwords differ: before
    every word there is a blank, also after a bracket.
    """
    counts: Counter[int] = Counter()
    subword_encoder = SubwordEncoder(tokenizer)
    stream = iter(documents)
    while batch := list(islice(stream, _DOCUMENTS_PER_BATCH)):
        for encoding in tokenizer.encode_batch([document.text for document in batch], add_special_tokens=False):
            counts.update(encoding.ids)
        readings = [read_words(document, subword_encoder, structure=True) for document in batch]
        words = [each for reading in readings for each in (reading.words, reading.second) if each is not None]
        for subwords in subword_encoder.subwords(words):
            counts.update(subwords.ids.tolist())
    return counts


def choose_subwords(tokenizer: Tokenizer, counts: Mapping[int, int], *, limit: int) -> list[int]:
    """Return the ids of the subwords to keep, in ascending order.

    Subwords are chosen up to the limit: first special tokens, then the subwords in ``counts``, the most frequent first,
    then single characters, so that fewer words of other text are unknown.

    Raises:
        ConfigError: the limit is below the number of special tokens.
    """
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    vocabulary = tokenizer.get_vocab()
    special = sorted(number for subword, number in vocabulary.items() if subword in added)
    if limit < len(special):
        raise ConfigError(
            f"a vocabulary of {limit:,} subwords has no room for the {len(special):,} special tokens of the encoder; "
            "choose a larger one (--vocab-size)"
        )
    by_frequency = sorted(counts, key=lambda number: (-counts[number], number))
    characters = sorted(number for subword, number in vocabulary.items() if len(subword.lstrip("▁#")) <= 1)
    return sorted(list(dict.fromkeys([*special, *by_frequency, *characters]))[:limit])


def prune_vocabulary(pretrained: Pretrained, subwords: Sequence[int]) -> Pretrained:
    """Reduce an encoder's vocabulary to these subwords, renumbered in the given order.

    The encoder is changed in place; the result holds it with its new configuration and tokenizer.

    Raises:
        EncoderError: it is not of the BERT family, or its tokenizer is neither a unigram model nor WordPiece.
    """
    encoder = _require_bert(pretrained)
    words = nn.Embedding(len(subwords), encoder.words.embedding_dim)
    words.weight = nn.Parameter(encoder.words.weight.detach()[torch.tensor(subwords)].clone())
    encoder.embeddings.words = words
    new_ids = {old: new for new, old in enumerate(subwords)}
    pad = new_ids.get(encoder.config.pad_id, 0)
    encoder.config = replace(encoder.config, vocabulary=len(subwords), pad_id=pad)
    hf_config = dict(pretrained.hf_config) | {"vocab_size": len(subwords)}
    for key in ("pad_token_id", "bos_token_id", "eos_token_id"):
        if isinstance(old := hf_config.get(key), int):
            hf_config[key] = new_ids.get(old)
    return replace(pretrained, hf_config=hf_config, tokenizer=_prune_tokenizer(pretrained.tokenizer, new_ids))


def prune_layers(pretrained: Pretrained, count: int) -> Pretrained:
    """Reduce an encoder to ``count`` of its layers, evenly spaced and including the last one.

    The encoder is changed in place; the result holds it with its new configuration.

    Raises:
        EncoderError: it is not of the BERT family, or has fewer than ``count`` layers.
    """
    encoder = _require_bert(pretrained)
    layer_count = len(encoder.layers)
    if not 1 <= count <= layer_count:
        raise EncoderError(f"encoder {pretrained.name!r} has {layer_count} layers; {count} cannot be kept")
    encoder.layers = nn.ModuleList(encoder.layers[(index + 1) * layer_count // count - 1] for index in range(count))
    encoder.config = replace(encoder.config, layers=count)
    return replace(pretrained, hf_config=dict(pretrained.hf_config) | {"num_hidden_layers": count})


def _require_bert(pretrained: Pretrained) -> Encoder:
    if not isinstance(pretrained.encoder, Encoder):
        raise EncoderError(f"encoder {pretrained.name!r} is a {pretrained.family}; only the BERT family can be pruned")
    return pretrained.encoder


def _prune_tokenizer(tokenizer: Tokenizer, new_ids: Mapping[int, int]) -> Tokenizer:
    description: dict[str, Any] = json.loads(tokenizer.to_str())
    model = description["model"]
    if model["type"] == "Unigram":
        # Tokens that were added later are not in the model; their ids follow those of the model.
        model["vocab"] = [model["vocab"][old] for old in new_ids if old < len(model["vocab"])]
        model["unk_id"] = new_ids[model["unk_id"]]
    elif model["type"] == "WordPiece":
        model["vocab"] = {subword: new_ids[old] for subword, old in model["vocab"].items() if old in new_ids}
    else:
        raise EncoderError(f"the vocabulary of a {model['type']} tokenizer cannot be pruned; Unigram and WordPiece can")
    for token in description["added_tokens"]:
        token["id"] = new_ids[token["id"]]
    for processor in iter_stages(description["post_processor"]):
        for token in processor.get("special_tokens", {}).values():
            token["ids"] = [new_ids[old] for old in token["ids"]]
        for role in ("cls", "sep"):
            if role in processor:
                processor[role][1] = new_ids[processor[role][1]]
    return Tokenizer.from_str(json.dumps(description))
