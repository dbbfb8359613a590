"""Words to subwords, by the Rust tokenizer or from memory.

Every word owns at least one subword, so that every word can be answered for: where the tokenizer drops a word to
nothing (a lone control character, a variation selector) it gets the unknown token. This module does not
know windows, padding or labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain, pairwise

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from onoma.encoding.subword_cache import SubwordCache, Subwords
from onoma.encoding.words import WordSpans
from onoma.errors import EncoderError

_WORDS_AT_ONCE = 8_192
"""The most words split at once: as separate strings they need many times the memory of the text."""

_SHOWN_CHARACTERS = 4_096
"""The tokenizer sees so many of a word: far more than the subwords have that a word may keep."""


class SubwordEncoder:
    """Turns words into subwords.

    Args:
        tokenizer: any tokenizer of the `tokenizers` library; truncation and padding are switched off in it.
        longest_word: a word keeps at most so many of its subwords, so that a blob without blanks fits a window.

    Raises:
        EncoderError: the tokenizer has no unknown token and no mask token, one of which a dropped word needs.
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
        return self._specials[0]

    @cached_property
    def suffix(self) -> tuple[int, ...]:
        """Ids of the special tokens after a text, such as ``[SEP]``."""
        return self._specials[1]

    @cached_property
    def pad(self) -> int:
        """Id of the padding token."""
        return self._first_known("[PAD]", "<pad>") or 0

    @cached_property
    def unknown(self) -> int:
        """Id of the unknown token, or of its substitute if the tokenizer knows every byte."""
        found = self._first_known("[UNK]", "<unk>", "[MASK]", "<mask>", "</s>", "<|endoftext|>")
        if found is None:
            raise EncoderError("the tokenizer has neither an unknown token nor a mask token; add [UNK] or <unk> to it")
        return found

    @cached_property
    def is_cased(self) -> bool:
        """Whether the tokenizer tells capitals from lower case."""
        upper, lower = (self._cache.subwords([word]).ids.tolist() for word in ("A", "a"))
        return bool(upper != lower)

    def lengths(self, words: Sequence[str]) -> NDArray[np.int64]:
        """How many subwords each word has, ``[words]``."""
        return np.diff(self._cache.subwords(words).bounds)

    def pieces(self, run: str) -> list[int]:
        """Where the tokenizer's pieces begin in a run of a script without blanks, in characters of the run."""
        return [start for start, end in self.tokenizer.encode(run, add_special_tokens=False).offsets if end > start]

    def subwords(self, documents: Sequence[WordSpans]) -> list[Subwords]:
        """The subwords of many documents' words."""
        found = chain.from_iterable(self._look_up(words, sizes) for words, sizes in _runs(documents))
        return [_joined([next(found) for _ in _starts(words)]) for words in documents]

    def _look_up(self, words: list[str], sizes: list[int]) -> Iterator[Subwords]:
        """The subwords of words, in pieces of these sizes."""
        found = self._cache.subwords(words)
        return (found.of_words(start, end) for start, end in pairwise(accumulate(sizes, initial=0)))

    def _encode(self, words: list[str]) -> Subwords:
        """Ask the tokenizer."""
        shown = [word[:_SHOWN_CHARACTERS] for word in words]
        (encoding,) = self.tokenizer.encode_batch([shown], is_pretokenized=True, add_special_tokens=False)
        return self._complete(encoding.ids, encoding.word_ids, len(words))

    def _complete(self, ids: list[int], word_ids: list[int | None], words: int) -> Subwords:
        """Give every word its place: the dropped ones get the unknown token, very long ones are cut."""
        try:
            flat = np.asarray(ids, dtype=np.int32)
        except OverflowError as error:
            raise EncoderError(f"the tokenizer has a subword with the id {max(ids):,}; it is broken") from error
        owners = np.asarray([-1 if word is None else word for word in word_ids], dtype=np.int64)
        counts = np.bincount(owners, minlength=words) if owners.size else np.zeros(words, dtype=np.int64)
        if words and (counts.min() == 0 or counts.max() > self.longest_word):
            rank = np.arange(owners.size) - np.repeat(np.cumsum(counts) - counts, counts)
            kept = rank < self.longest_word
            missing = np.flatnonzero(counts == 0)
            order = np.argsort(np.concatenate([owners[kept], missing]), kind="stable")
            flat = np.concatenate([flat[kept], np.full(missing.size, self.unknown, dtype=np.int32)])[order]
            counts = np.clip(counts, 1, self.longest_word)
        return Subwords(flat, np.concatenate([[0], np.cumsum(counts)]))

    def _first_known(self, *pieces: str) -> int | None:
        return next((found for piece in pieces if (found := self.tokenizer.token_to_id(piece)) is not None), None)

    @cached_property
    def _specials(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        around = self.tokenizer.encode("a")
        inside = len(self.tokenizer.encode("a", add_special_tokens=False).ids)
        before = around.special_tokens_mask.index(0)
        return tuple(around.ids[:before]), tuple(around.ids[before + inside :])


def _starts(words: WordSpans) -> range:
    """Where the pieces of a document begin; one without words is a piece too."""
    return range(0, max(1, len(words.starts)), _WORDS_AT_ONCE)


def _runs(documents: Sequence[WordSpans]) -> Iterator[tuple[list[str], list[int]]]:
    """Words of pieces one after the other, and how many each has: some thousands, however long a document is."""
    run: list[str] = []
    sizes: list[int] = []
    for words in documents:
        for start in _starts(words):
            piece = words.texts(start, start + _WORDS_AT_ONCE)
            run += piece
            sizes.append(len(piece))
            if len(run) >= _WORDS_AT_ONCE:
                yield run, sizes
                run, sizes = [], []
    yield run, sizes


def _joined(pieces: Sequence[Subwords]) -> Subwords:
    """The pieces of one document as one."""
    if len(pieces) == 1:
        return pieces[0]
    ends = np.cumsum([0, *(len(piece.ids) for piece in pieces)])
    bounds = [piece.bounds[:-1] + end for piece, end in zip(pieces, ends, strict=False)]
    return Subwords(np.concatenate([piece.ids for piece in pieces]), np.concatenate([*bounds, ends[-1:]]))
