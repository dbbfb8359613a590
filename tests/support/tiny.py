"""Tiny encoders with random weights, as folders in Hugging Face layout."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from onoma.models import Encoder, EncoderConfig
from onoma.models.families import FAMILIES, named_weights, read_config
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask

OURS = ("bert", "roberta", "xlm-roberta", "camembert", "electra")
"""Families that our own encoder covers."""

TASK = TagTask(("PER", "LOC"), scheme=SCHEMES["BIO"])

TAGS = TASK.tags

WORDS = ("angela", "merkel", "visited", "lyon", "the", "in", "to", "of", "and", "##ing", "##ed", "##er", "##s")


def write_encoder(folder: Path, *, family: str = "bert", hidden: int = 32, layers: int = 2, seed: int = 1) -> Path:
    """Write ``config.json``, ``model.safetensors`` and ``tokenizer.json`` of a tiny encoder of one of our ``FAMILIES``.

    Returns:
        The folder, made where it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = byte_level() if FAMILIES[family].positions_follow_padding else wordpiece()
    tokenizer.save(str(folder / "tokenizer.json"))
    fields = hf_config(family, vocabulary=tokenizer.get_vocab_size(), hidden=hidden, layers=layers)
    (folder / "config.json").write_text(json.dumps(fields), encoding="utf-8")
    encoder = Encoder(read_config(fields))
    shake(encoder, seed=seed)
    save_file(named_weights(encoder, FAMILIES[family]), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def write_broken_encoder(folder: Path) -> Path:
    """Write a tiny encoder with a truncated weight file, which can be found, but not loaded."""
    weights = write_encoder(folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    return folder


def write_distilbert(folder: Path) -> Path:
    """The same of DistilBERT, which our encoder does not cover."""
    from transformers import DistilBertConfig, DistilBertModel

    tokenizer = wordpiece()
    config = DistilBertConfig(
        vocab_size=tokenizer.get_vocab_size(), dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=512
    )
    model = DistilBertModel(config)
    shake(model)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def hf_config(family: str, *, vocabulary: int, hidden: int = 32, layers: int = 2) -> dict[str, object]:
    """The fields of a ``config.json``."""
    padding = 1 if FAMILIES[family].positions_follow_padding else 0
    fields: dict[str, object] = {
        "model_type": family,
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "intermediate_size": 2 * hidden,
        "max_position_embeddings": 512 + (padding + 1 if padding else 0),
        "type_vocab_size": 1 if padding else 2,
        "pad_token_id": padding,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    }
    return fields | ({"embedding_size": hidden // 2} if family == "electra" else {})


def small_config(**changes: object) -> EncoderConfig:
    """The measures of an encoder that needs no folder and no tokenizer."""
    measures: dict[str, object] = {"vocabulary": 50, "hidden": 16, "layers": 2, "heads": 4, "feed_forward": 24}
    return EncoderConfig(**(measures | changes))  # type: ignore[arg-type]


def ragged(lengths: Sequence[int], *, vocabulary: int, pad: int, left: bool = False) -> tuple[Tensor, Tensor]:
    """Ids and mask of a padded batch; ids from 5 up, where no special tokens are."""
    generator = torch.Generator().manual_seed(7)
    ids = torch.full((len(lengths), max(lengths)), pad)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        place = slice(-length, None) if left else slice(0, length)
        ids[row, place] = torch.randint(5, vocabulary, (length,), generator=generator)
        mask[row, place] = 1
    return ids, mask


def shake(module: torch.nn.Module, *, seed: int = 1) -> None:
    """Draw all parameters anew, with deviations large enough that every part tells in the result."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.named_parameters():
        noise = torch.randn(tensor.shape, generator=generator)
        centre = 1.0 if tensor.ndim == 1 and name.endswith("weight") else 0.0
        tensor.data = centre + noise * (0.2 if tensor.ndim > 1 else 0.1)


def wordpiece(*, lowercase: bool = True) -> Tokenizer:
    """BERT's kind: some words and every ASCII sign."""
    signs = string.ascii_lowercase + string.digits + string.punctuation
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *signs, *(f"##{sign}" for sign in signs), *WORDS]
    tokenizer = Tokenizer(models.WordPiece(_numbered(pieces), unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens([AddedToken(piece) for piece in pieces[:5]])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def byte_level(*, add_prefix_space: bool = False) -> Tokenizer:
    """RoBERTa's kind: every byte, and a few pieces that begin with a blank."""
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("Ġ", "L"), ("ĠL", "y"), ("o", "n"), ("ĠLy", "on"), ("Ġ", "t"), ("h", "e"), ("Ġt", "he")]
    pieces = [*specials, *alphabet, *("".join(merge) for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocab=_numbered(pieces), merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(piece) for piece in specials])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=add_prefix_space)
    return tokenizer


def _numbered(pieces: Iterable[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
