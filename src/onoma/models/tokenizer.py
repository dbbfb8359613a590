"""Loading and saving of the tokenizer in a folder in Hugging Face layout, with its adaptation to words.

Whatever files a folder has, the result is a ``tokenizers.Tokenizer`` that neither truncates nor pads, and that splits a
word the same way at every position in a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import WordPiece as WordPieceDecoder
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from onoma.bundle import tokenizer_problem
from onoma.errors import EncoderError
from onoma.models.remote_code import custom_code_class

FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
)
"""Names of the files that may define a tokenizer."""

ROLES = {
    "unk_token": ("[UNK]", "<unk>"),
    "cls_token": ("[CLS]", "<s>"),
    "sep_token": ("[SEP]", "</s>"),
    "pad_token": ("[PAD]", "<pad>"),
    "mask_token": ("[MASK]", "<mask>"),
}
"""Names of the special tokens in `transformers`, with the special tokens of BERT's and RoBERTa's tokenizers."""

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""BERT's special tokens in the order of its vocabulary."""


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load the tokenizer from ``tokenizer.json``, else from ``vocab.txt``, else through `transformers`.

    The first file that exists is used. Code in the folder is never run.

    Raises:
        EncoderError: the tokenizer cannot be read or is unusable.
    """
    settings = _read_settings(folder)
    path = folder / "tokenizer.json"
    try:
        if path.is_file():
            tokenizer = Tokenizer.from_file(str(path))
        elif (folder / "vocab.txt").is_file():
            path = folder / "vocab.txt"
            tokenizer = read_wordpiece(
                path,
                lowercase=bool(settings.get("do_lower_case", True)),
                chinese=bool(settings.get("tokenize_chinese_chars", True)),
                strip_accents=None if settings.get("strip_accents") is None else bool(settings["strip_accents"]),
            )
        else:
            path = folder
            tokenizer = _load_with_transformers(folder)
    except Exception as error:  # the Rust library raises no more specific exception
        if path == folder and (code := custom_code_class(settings, "AutoTokenizer")):
            raise EncoderError(
                f"{folder}: the tokenizer is code in the folder ({code}), which onoma never runs; choose an encoder "
                "that has a tokenizer.json"
            ) from error
        raise EncoderError(f"{path}: cannot be read as a tokenizer ({error}); fetch it again") from error
    if problem := tokenizer_problem(tokenizer):
        raise EncoderError(f"{path}: {problem}; fetch it again")
    return prepare_for_words(tokenizer)


def read_wordpiece(
    path: Path, *, lowercase: bool = True, chinese: bool = True, strip_accents: bool | None = None
) -> Tokenizer:
    """Read BERT's tokenizer from its vocabulary file, one piece per line.

    Args:
        path: path of a ``vocab.txt``.
        lowercase: whether to convert text to lower case.
        chinese: whether to treat every Chinese character as a word.
        strip_accents: whether to remove accents; None to remove them only if ``lowercase`` is set.

    Raises:
        ValueError: the vocabulary lacks a special token other than ``[MASK]``.
    """
    model = WordPiece.from_file(str(path), unk_token="[UNK]")
    tokenizer = wordpiece_tokenizer(model, lowercase=lowercase, chinese=chinese, strip_accents=strip_accents)
    add_specials(tokenizer)
    return tokenizer


def wordpiece_tokenizer(
    model: WordPiece, *, lowercase: bool, chinese: bool = True, strip_accents: bool | None = None
) -> Tokenizer:
    """Return a tokenizer of a WordPiece model with BERT's normalizer and pre-tokenizer, without special tokens.

    The other arguments are as for :func:`read_wordpiece`.
    """
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(
        lowercase=lowercase, handle_chinese_chars=chinese, strip_accents=strip_accents
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.decoder = WordPieceDecoder()
    return tokenizer


def add_specials(tokenizer: Tokenizer) -> None:
    """Register BERT's special tokens, and make the tokenizer add them around texts and pairs of texts.

    Raises:
        ValueError: the vocabulary lacks a special token other than ``[MASK]``.
    """
    specials = {piece: tokenizer.token_to_id(piece) for piece in SPECIALS}
    missing = [piece for piece, number in specials.items() if number is None and piece != "[MASK]"]
    if missing:
        raise ValueError(f"the vocabulary lacks {', '.join(missing)}")
    tokenizer.add_special_tokens([AddedToken(piece) for piece, number in specials.items() if number is not None])
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(piece, specials[piece]) for piece in ("[CLS]", "[SEP]")],
    )


def prepare_for_words(tokenizer: Tokenizer) -> Tokenizer:
    """Return the tokenizer without truncation or padding, and with a blank before every word if pieces include blanks.

    Byte-level BPE (RoBERTa) has different pieces for `` Lyon`` and ``Lyon``; the second occurs inside words.
    """
    tokenizer.no_truncation()
    tokenizer.no_padding()
    description = json.loads(tokenizer.to_str())
    stages = [*iter_stages(description["pre_tokenizer"]), *iter_stages(description["post_processor"])]
    changed = False
    for stage in stages:
        if stage.get("add_prefix_space") is False:
            stage["add_prefix_space"] = changed = True
        if stage.get("prepend_scheme", "always") != "always":
            stage["prepend_scheme"], changed = "always", True
    return Tokenizer.from_str(json.dumps(description)) if changed else tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, *, longest: int | None = None) -> None:
    """Write ``tokenizer.json`` and a ``tokenizer_config.json`` with which ``AutoTokenizer`` gives the same ids.

    Args:
        tokenizer: tokenizer to save.
        folder: an existing folder.
        longest: number of subwords, special tokens included, to which other tools should truncate a text; None for no
            limit.
    """
    tokenizer.save(str(folder / "tokenizer.json"))
    settings: dict[str, object] = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    if longest is not None:
        settings["model_max_length"] = longest
    for role, pieces in ROLES.items():
        present = [piece for piece in pieces if tokenizer.token_to_id(piece) is not None]
        settings |= {role: present[0]} if present else {}
    text = json.dumps(settings, indent=2, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")


def iter_stages(node: object) -> Iterator[dict[str, Any]]:
    """Yield all steps of a pre-tokenizer or post-processor, including those of nested sequences."""
    if isinstance(node, dict):
        yield node
        for inner in (*node.get("pretokenizers", ()), *node.get("processors", ())):
            yield from iter_stages(inner)


def _read_settings(folder: Path) -> dict[str, object]:
    path = folder / "tokenizer_config.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (ValueError, RecursionError) as error:
        raise EncoderError(f"{path}: is not JSON ({error}); fetch it again") from error
    return settings if isinstance(settings, dict) else {}


def _load_with_transformers(folder: Path) -> Tokenizer:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        folder, use_fast=True, add_prefix_space=True, local_files_only=True, trust_remote_code=False
    )
    backend: Tokenizer = tokenizer.backend_tokenizer
    return backend
