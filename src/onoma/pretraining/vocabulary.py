"""Training of vocabularies with their tokenizers, and the tokenizer properties that masked-language modelling needs.

The same texts always give the same vocabulary. The trainers of `tokenizers` do not guarantee this: they number pieces,
and break ties, in the order of a hash table. Therefore words and characters are counted here. WordPiece's trainer gets
all characters in order beforehand. From the pieces that Unigram's trainer finds, the best are selected here, by rounded
scores and, if these are equal, by spelling.

This module is independent of files and documents.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.models import Unigram, WordPiece
from tokenizers.normalizers import NFC, NFD, NFKC, Lowercase, Nmt, StripAccents
from tokenizers.normalizers import Sequence as NormalizerSequence
from tokenizers.pre_tokenizers import Metaspace, WhitespaceSplit
from tokenizers.pre_tokenizers import Sequence as PreTokenizerSequence
from tokenizers.trainers import UnigramTrainer, WordPieceTrainer

from onoma.errors import ConfigError, EncoderError, InputError
from onoma.models.tokenizer import ROLES, SPECIALS, add_specials, wordpiece_tokenizer

_CONTINUATION_PREFIX = "##"
_METASPACE = "▁"
_BYTE_LEVEL_SPACE = "Ġ"
_CHARACTER_COVERAGE = 0.999
"""Share of the text whose characters must be in the vocabulary."""

_MIN_OCCURRENCES = 2
_MAX_PIECE_CHARACTERS = 16
_MAX_WORD_CHARACTERS = 100
"""Maximum number of characters in a word; BERT's tokenizer reads a longer word as unknown."""

_CANDIDATE_FACTOR = 1.25
"""Number of pieces that Unigram's trainer finds, as a multiple of the wanted number."""

_SCORE_DECIMALS = 5
"""Decimals to which log probabilities are rounded; the trainer's differ by rounding errors of about 1e-14 per run."""

_SCORE_STEP = 0.0001
_TEXT_CHARACTERS = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialIds:
    """Ids of a tokenizer's special tokens.

    Attributes:
        pad, cls, sep, mask: ids of the padding token, of the tokens before and after a text, and of the mask token.
        unknown: id of the unknown token; None if there is none, as in a byte-level vocabulary.
        all: ids of all special tokens, ascending.
    """

    pad: int
    cls: int
    sep: int
    mask: int
    unknown: int | None
    all: tuple[int, ...]


def train_tokenizer(
    texts: Iterable[str],
    *,
    kind: Literal["wordpiece", "unigram"],
    size: int,
    cased: bool,
    notice: Callable[[str], object],
) -> Tokenizer:
    """Train a vocabulary on texts and return its tokenizer.

    The special tokens are ``[PAD] [UNK] [CLS] [SEP] [MASK]``, with the ids 0 to 4. A text becomes ``[CLS] $A [SEP]``, a
    pair ``[CLS] $A [SEP] $B [SEP]`` with token type 1 from ``$B`` on.

    Normalisation: WordPiece follows BERT: control characters are removed, and every Chinese character is a word. Unless
    cased, letters are lowercased and accents are stripped. Unigram removes invisible characters or replaces them by
    spaces (Nmt), and applies NFKC. Unless cased, it also lowercases and strips accents. All nonspacing marks count as
    accents, also those that write vowels in some scripts (Devanagari, Thai): use a cased vocabulary for them.

    The rarest characters, at most a thousandth of the text, are left out if all characters would take up more than half
    of the vocabulary. With WordPiece, a word that contains one becomes unknown; with Unigram, only the character.

    Args:
        texts: training text, read once; all distinct words are held in memory.
        kind: algorithm: WordPiece (Schuster and Nakajima 2012, as in BERT) or Unigram (Kudo 2018, as in XLM-R).
        size: maximum number of subwords in the vocabulary, special tokens included.
        cased: whether to keep capitals and accents.
        notice: called with a message if the texts support fewer subwords than requested, or if characters are left out.

    Raises:
        InputError: there is no text.
        ConfigError: the size is too small for the characters of the texts; the message names the smallest size.
    """
    untrained = (
        _make_wordpiece({}, cased=cased) if kind == "wordpiece" else _make_unigram([("[UNK]", 0.0)], cased=cased)
    )
    words = _count_words(texts, untrained)
    if not words:
        raise InputError("there is no text to find a vocabulary for; name files that have some")
    characters = _select_characters(words, kind=kind, size=size, notice=notice)
    encodable = {word: count for word, count in words.items() if characters.issuperset(word)}
    if kind == "wordpiece":
        tokenizer = _make_wordpiece(_train_wordpiece(encodable, size=size), cased=cased)
    else:
        tokenizer = _make_unigram(_train_unigram(encodable, characters, size=size), cased=cased)
    add_specials(tokenizer)
    actual_size = tokenizer.get_vocab_size()
    if actual_size < size:
        notice(f"the texts support {actual_size:,} subwords, not {size:,}; more text gives more")
    return tokenizer


def check_tokenizer(tokenizer: Tokenizer) -> None:
    """Check that a tokenizer can be used for masked-language modelling.

    Raises:
        EncoderError: a required special token is missing, or the tokenizer does not mark where words begin.
    """
    special_ids(tokenizer)
    word_continuations(tokenizer)


def special_ids(tokenizer: Tokenizer) -> SpecialIds:
    """Return the ids of a tokenizer's special tokens, under BERT's or RoBERTa's names.

    Raises:
        EncoderError: a special token for padding, masks, or the beginning or end of a text is missing.
    """
    ids = {role: _find_first_id(tokenizer, pieces) for role, pieces in ROLES.items()}
    missing = [ROLES[role] for role, number in ids.items() if number is None and role != "unk_token"]
    if missing:
        listed = ", ".join(" or ".join(pieces) for pieces in missing)
        raise EncoderError(
            f"the tokenizer lacks {listed}, which masked-language modelling needs; add it to the tokenizer"
        )
    added = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    known = {role: number for role, number in ids.items() if number is not None}
    pad, cls, sep, mask = (known[role] for role in ("pad_token", "cls_token", "sep_token", "mask_token"))
    all_ids = tuple(sorted({*added, *known.values()}))
    return SpecialIds(pad=pad, cls=cls, sep=sep, mask=mask, unknown=known.get("unk_token"), all=all_ids)


def maskable_ids(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Return for each id whether it may be masked and may replace a masked subword, ``[vocabulary]``.

    Special tokens, including the unknown token, may not: a model learns nothing useful from predicting them.
    """
    numbers = list(tokenizer.get_vocab(with_added_tokens=True).values())
    maskable = np.zeros(max(numbers) + 1, dtype=np.bool_)
    maskable[numbers] = True
    maskable[list(special_ids(tokenizer).all)] = False
    return maskable


def word_continuations(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Return for each id whether its subword continues the word of the subword before it, ``[vocabulary]``.

    Special tokens never continue a word.

    Raises:
        EncoderError: the tokenizer marks neither beginnings nor continuations of words, or a special token is missing.
    """
    description = json.loads(tokenizer.to_str())
    is_continuation = _make_continuation_rule(description)
    pieces: Mapping[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    continuations = np.zeros(max(pieces.values()) + 1, dtype=np.bool_)
    continuations[[number for piece, number in pieces.items() if is_continuation(piece)]] = True
    continuations[list(special_ids(tokenizer).all)] = False
    return continuations


def _make_continuation_rule(description: Mapping[str, object]) -> Callable[[str], bool]:
    """Return the function that tells whether a piece continues a word."""
    model = description["model"]
    assert isinstance(model, dict)
    prefix = model.get("continuing_subword_prefix")
    if prefix:
        return lambda piece: piece.startswith(prefix)
    if model["type"] == "WordLevel":
        return frozenset[str]().__contains__
    stages = json.dumps(
        [description[stage] for stage in ("normalizer", "pre_tokenizer", "decoder")], ensure_ascii=False
    )
    mark = _BYTE_LEVEL_SPACE if '"ByteLevel"' in stages else _METASPACE if _METASPACE in stages else None
    if mark is None or model.get("end_of_word_suffix"):
        raise EncoderError(
            f"the tokenizer ({model['type']}) marks no beginnings of words, which masking whole words needs; "
            f"choose one whose pieces have {_CONTINUATION_PREFIX}, {_METASPACE} or {_BYTE_LEVEL_SPACE}"
        )
    return lambda piece: not piece.startswith(mark)


def _find_first_id(tokenizer: Tokenizer, pieces: Sequence[str]) -> int | None:
    return next((number for piece in pieces if (number := tokenizer.token_to_id(piece)) is not None), None)


def _make_wordpiece(vocabulary: dict[str, int], *, cased: bool) -> Tokenizer:
    model = WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=_MAX_WORD_CHARACTERS)
    return wordpiece_tokenizer(model, lowercase=not cased)


def _make_unigram(pieces: list[tuple[str, float]], *, cased: bool) -> Tokenizer:
    unknown = next(number for number, (piece, _) in enumerate(pieces) if piece == "[UNK]")
    tokenizer = Tokenizer(Unigram(pieces, unk_id=unknown, byte_fallback=False))
    case_normalizers = [] if cased else [Lowercase(), NFD(), StripAccents(), NFC()]
    tokenizer.normalizer = NormalizerSequence([Nmt(), NFKC(), *case_normalizers])
    tokenizer.pre_tokenizer = PreTokenizerSequence([WhitespaceSplit(), Metaspace(_METASPACE, prepend_scheme="always")])
    tokenizer.decoder = MetaspaceDecoder(_METASPACE, prepend_scheme="always")
    return tokenizer


def _count_words(texts: Iterable[str], tokenizer: Tokenizer) -> Counter[str]:
    """Count the words of texts after the tokenizer's normalisation and pre-tokenization."""
    raw_counts: Counter[str] = Counter()
    for text in texts:
        raw_counts.update(text.split())
    words: Counter[str] = Counter()
    for piece, count in raw_counts.items():
        normalized = tokenizer.normalizer.normalize_str(piece)
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized):
            if len(word) <= _MAX_WORD_CHARACTERS and word != _METASPACE:
                words[word] += count
    return words


def _select_characters(
    words: Mapping[str, int], *, kind: str, size: int, notice: Callable[[str], object]
) -> frozenset[str]:
    """Return the characters that become subwords.

    Raises:
        ConfigError: the characters do not fit into the vocabulary.
    """
    counts: Counter[str] = Counter()
    non_initial: set[str] = set()
    for word, count in words.items():
        non_initial.update(word[1:])
        for character in word:
            counts[character] += count
    ordered = sorted(counts, key=lambda character: (-counts[character], character))
    room = size - len(SPECIALS)
    needed, seen, total, kept = 0, 0, counts.total(), list[str]()
    piece_count = 0
    for character in ordered:
        piece_count += 2 if kind == "wordpiece" and character in non_initial else 1
        if seen < _CHARACTER_COVERAGE * total:
            needed = piece_count
        elif 2 * piece_count > room:
            break
        kept.append(character)
        seen += counts[character]
    if needed > room:
        smallest = needed + len(SPECIALS)
        raise ConfigError(
            f"a vocabulary of {size:,} subwords is too small: the special tokens and the characters of the texts alone "
            f"are {smallest:,}; choose at least {smallest:,}, better many times as many"
        )
    if len(kept) < len(ordered):
        share = 100 * (total - seen) / total
        notice(
            f"{len(ordered) - len(kept):,} rare characters, {share:.2f} % of the text, are left out of the vocabulary"
        )
    return frozenset(kept)


def _train_wordpiece(words: Mapping[str, int], *, size: int) -> dict[str, int]:
    """Train a WordPiece vocabulary; return its pieces with their ids."""
    # The trainer numbers single characters in the order in which it meets them and breaks ties by these numbers, so all
    # of them are given in advance.
    characters = sorted({character for word in words for character in word})
    continuations = sorted({_CONTINUATION_PREFIX + character for word in words for character in word[1:]})
    tokenizer = _make_wordpiece({}, cased=True)
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = WhitespaceSplit()
    trainer = WordPieceTrainer(
        vocab_size=size,
        min_frequency=_MIN_OCCURRENCES,
        special_tokens=[*SPECIALS, *characters, *continuations],
        continuing_subword_prefix=_CONTINUATION_PREFIX,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_repeat_words(words), trainer)
    vocabulary: dict[str, int] = json.loads(tokenizer.to_str())["model"]["vocab"]
    return vocabulary


def _train_unigram(words: Mapping[str, int], characters: frozenset[str], *, size: int) -> list[tuple[str, float]]:
    """Train a Unigram vocabulary; return its pieces with their log probabilities, special tokens first."""
    tokenizer = Tokenizer(Unigram())
    tokenizer.pre_tokenizer = WhitespaceSplit()
    trainer = UnigramTrainer(
        vocab_size=int(_CANDIDATE_FACTOR * size),
        special_tokens=list(SPECIALS),
        unk_token="[UNK]",
        max_piece_length=_MAX_PIECE_CHARACTERS,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_repeat_words(words), trainer)
    pieces: list[tuple[str, float]] = json.loads(tokenizer.to_str())["model"]["vocab"]
    scores = {piece: round(score, _SCORE_DECIMALS) for piece, score in pieces if piece not in SPECIALS}
    # The trainer gives the characters that it had dropped the lowest score plus multiples of 0.0001, in the order of a
    # hash table; here they all get the lowest score.
    lowest = min(scores.values())
    for piece in characters:
        if scores.get(piece, 0.0) < lowest + _SCORE_STEP * len(characters):
            scores[piece] = lowest
    ordered = sorted(scores, key=lambda piece: (piece not in characters, -scores[piece], piece))
    selected = sorted(ordered[: size - len(SPECIALS)], key=lambda piece: (-scores[piece], piece))
    return [*((piece, 0.0) for piece in SPECIALS), *((piece, scores[piece]) for piece in selected)]


def _repeat_words(words: Mapping[str, int]) -> Iterator[str]:
    """Yield texts that repeat each word as often as it was counted, because the trainers accept no counts."""
    for word, count in words.items():
        repetitions = max(1, _TEXT_CHARACTERS // (len(word) + 1))
        for start in range(0, count, repetitions):
            yield " ".join([word] * min(repetitions, count - start))
