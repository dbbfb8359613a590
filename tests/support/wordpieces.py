"""A tokenizer of single letters that needs no file, and windowers over it."""

from __future__ import annotations

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from onoma.encoding import SubwordEncoder, Windower

PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *"abcdefghijklmnopqrstuvwxyz.'-@#",
    *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
]


def wordpiece() -> Tokenizer:
    """A lower-casing WordPiece of single letters."""
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding()
    return tokenizer


def windower(*, window: int = 32, overlap: int = 8, longest_word: int = 8) -> Windower:
    return Windower(SubwordEncoder(wordpiece(), longest_word=longest_word), window=window, overlap=overlap)
