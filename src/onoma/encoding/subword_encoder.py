"""Encoding of words into subwords, by the Rust tokenizer or from a cache.

Every word has at least one subword, so that every word gets scores: a word for which the tokenizer returns nothing (a
lone control character, a variation selector) gets the unknown token. SentencePiece marks the space before each word; in
scripts without spaces this mark would be a subword of its own before most words, and is left out. This module is
independent of windows, padding and labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain, pairwise

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from onoma.encoding.segment import has_no_space_before
from onoma.encoding.subword_cache import SubwordCache, Subwords
from onoma.encoding.words import WordSpans
from onoma.errors import EncoderError

_WORDS_PER_CALL = 8_192
"""Maximum number of words that are split at once: as separate strings they need many times the memory of the text."""

_MAX_WORD_CHARACTERS = 4_096
"""Number of characters of a word that the tokenizer gets; the subwords that a word may keep have far fewer."""


class SubwordEncoder:
    """Encoder of words into subwords.

    Args:
        tokenizer: any tokenizer of the `tokenizers` library; truncation and padding are switched off in it.
        longest_word: maximum number of subwords that a word keeps, so that a long string without spaces fits into a
            window.

    Raises:
        EncoderError: raised only when a word needs the unknown token, and the tokenizer has no substitute for it.
    """

    def __init__(self, tokenizer: Tokenizer, *, longest_word: int = 32) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.longest_word = longest_word
        self._cache = SubwordCache(self._encode)

    @cached_property
    def prefix(self) -> tuple[int, ...]:
        """Ids of the special tokens before a text, such as ``[CLS]``."""
        return self._special_ids[0]

    @cached_property
    def suffix(self) -> tuple[int, ...]:
        """Ids of the special tokens after a text, such as ``[SEP]``."""
        return self._special_ids[1]

    @cached_property
    def pad(self) -> int:
        """Id of the padding token."""
        return self._find_first_id("[PAD]", "<pad>") or 0

    @cached_property
    def unknown(self) -> int:
        """Id of the unknown token, or of a substitute if the tokenizer has none because it knows every byte.

        Raises:
            EncoderError: the tokenizer has neither an unknown token nor a substitute.
        """
        number = self._find_first_id("[UNK]", "<unk>", "[MASK]", "<mask>", "</s>", "<|endoftext|>")
        if number is None:
            raise EncoderError("the tokenizer has neither an unknown token nor a mask token; add [UNK] or <unk> to it")
        return number

    @cached_property
    def _space(self) -> int:
        """Id of the subword that is only SentencePiece's mark of a space; -1 if the tokenizer has none."""
        number = self._find_first_id("\u2581")
        return -1 if number is None else number

    @cached_property
    def is_cased(self) -> bool:
        """Whether the tokenizer distinguishes upper and lower case."""
        upper, lower = (self._cache.subwords([word]).ids.tolist() for word in ("A", "a"))
        return bool(upper != lower)

    def lengths(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Return the number of subwords of each word, ``[words]``."""
        return np.diff(self._cache.subwords(words).bounds)

    def pieces(self, run: str) -> list[int]:
        """Return the offsets at which the tokenizer's pieces begin in a run of a script without spaces."""
        return [start for start, end in self.tokenizer.encode(run, add_special_tokens=False).offsets if end > start]

    def subwords(self, documents: Sequence[WordSpans]) -> list[Subwords]:
        """Return the subwords of the words of each document."""
        pieces = chain.from_iterable(self._look_up(words, sizes) for words, sizes in _batch_words(documents))
        return [_concatenate([next(pieces) for _ in _piece_starts(words)]) for words in documents]

    def _look_up(self, words: list[str], sizes: list[int]) -> Iterator[Subwords]:
        """Look up the subwords of words, divided into pieces of the given sizes."""
        subwords = self._cache.subwords(words)
        return (subwords.of_words(start, end) for start, end in pairwise(accumulate(sizes, initial=0)))

    def _encode(self, words: list[str]) -> Subwords:
        """Encode words with the tokenizer."""
        truncated = [word[:_MAX_WORD_CHARACTERS] for word in words]
        (encoding,) = self.tokenizer.encode_batch([truncated], is_pretokenized=True, add_special_tokens=False)
        no_space_before = np.asarray(list(map(has_no_space_before, words)), dtype=np.bool_)
        return self._complete(encoding.ids, encoding.word_ids, no_space_before)

    def _complete(self, ids: list[int], word_ids: list[int | None], no_space_before: NDArray[np.bool_]) -> Subwords:
        """Return the subwords of every word: dropped words get the unknown token, and very long ones are cut.

        Args:
            ids: subword ids of all words.
            word_ids: index of the word of each subword.
            no_space_before: whether no space belongs before each word, ``[words]``.
        """
        word_count = len(no_space_before)
        try:
            flat_ids = np.asarray(ids, dtype=np.int32)
        except OverflowError as error:
            raise EncoderError(f"the tokenizer has a subword with the id {max(ids):,}; it is broken") from error
        word_indices = np.asarray([-1 if word is None else word for word in word_ids], dtype=np.int64)
        next_indices = np.append(word_indices, -1)[1:]
        is_mark = (flat_ids == self._space) & (word_indices == next_indices) & no_space_before[word_indices]
        flat_ids, word_indices = flat_ids[~is_mark], word_indices[~is_mark]
        counts = (
            np.bincount(word_indices, minlength=word_count)
            if word_indices.size
            else np.zeros(word_count, dtype=np.int64)
        )
        if word_count and (counts.min() == 0 or counts.max() > self.longest_word):
            rank = np.arange(word_indices.size) - np.repeat(np.cumsum(counts) - counts, counts)
            is_kept = rank < self.longest_word
            missing = np.flatnonzero(counts == 0)
            order = np.argsort(np.concatenate([word_indices[is_kept], missing]), kind="stable")
            flat_ids = np.concatenate([flat_ids[is_kept], np.full(missing.size, self.unknown, dtype=np.int32)])[order]
            counts = np.clip(counts, 1, self.longest_word)
        return Subwords(flat_ids, np.concatenate([[0], np.cumsum(counts)]))

    def _find_first_id(self, *pieces: str) -> int | None:
        return next((number for piece in pieces if (number := self.tokenizer.token_to_id(piece)) is not None), None)

    @cached_property
    def _special_ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        encoding = self.tokenizer.encode("a")
        text_length = len(self.tokenizer.encode("a", add_special_tokens=False).ids)
        prefix_length = encoding.special_tokens_mask.index(0)
        return tuple(encoding.ids[:prefix_length]), tuple(encoding.ids[prefix_length + text_length :])


def _piece_starts(words: WordSpans) -> range:
    """Return the positions at which the pieces of a document begin; a document without words has one empty piece."""
    return range(0, max(1, len(words.starts)), _WORDS_PER_CALL)


def _batch_words(documents: Sequence[WordSpans]) -> Iterator[tuple[list[str], list[int]]]:
    """Yield some thousands of words at a time, whatever the length of the documents, with the sizes of their pieces."""
    batch: list[str] = []
    sizes: list[int] = []
    for words in documents:
        for start in _piece_starts(words):
            piece = words.texts(start, start + _WORDS_PER_CALL)
            batch += piece
            sizes.append(len(piece))
            if len(batch) >= _WORDS_PER_CALL:
                yield batch, sizes
                batch, sizes = [], []
    yield batch, sizes


def _concatenate(pieces: Sequence[Subwords]) -> Subwords:
    """Concatenate the pieces of one document."""
    if len(pieces) == 1:
        return pieces[0]
    ends = np.cumsum([0, *(len(piece.ids) for piece in pieces)])
    bounds = [piece.bounds[:-1] + end for piece, end in zip(pieces, ends, strict=False)]
    return Subwords(np.concatenate([piece.ids for piece in pieces]), np.concatenate([*bounds, ends[-1:]]))
