"""Vocabulary of the baseline ``bilstm``: ids of words and characters.

A word is looked up in lower case, with each digit replaced by 0; its characters are looked up unchanged. Id 0 is
padding, and id 1 stands for unknown words and characters. This module does not depend on the network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.baselines.text_arrays import pack_texts, unpack_texts

UNKNOWN = 1
_FIRST_ID = 2
_MIN_COUNT = 2
_MAX_CHARACTERS = 32
"""Maximum number of characters per word; longer words are cut in the middle."""

_DIGIT = re.compile(r"\d")


class WordInputs(NamedTuple):
    """A batch of sentences in which each distinct word (form) is represented once.

    Attributes:
        words: word id of each form, ``[forms]``.
        characters: character ids of each form, padded, ``[forms, characters]``.
        places: index of the form of each word, padded with 0, ``[sentences, words]``.
        lengths: number of words of each sentence, ``[sentences]``.
    """

    words: NDArray[np.int64]
    characters: NDArray[np.int64]
    places: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words and characters that a network knows.

    Attributes:
        words: known words in lower case, with 0 for each digit; in the order of their ids, which begin at 2.
        characters: known characters, in the order of their ids, which begin at 2.
        counts: number of occurrences of each word in the training text.
    """

    words: tuple[str, ...]
    characters: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]]) -> Vocabulary:
        """Collect the words and characters that occur at least twice in a training text."""
        words: Counter[str] = Counter()
        characters: Counter[str] = Counter()
        for sentence in sentences:
            words.update(map(_normalize_word, sentence))
            characters.update("".join(map(_truncate_word, sentence)))
        known_words = sorted(word for word, count in words.items() if count >= _MIN_COUNT)
        known_characters = sorted(character for character, count in characters.items() if count >= _MIN_COUNT)
        return cls(tuple(known_words), tuple(known_characters), tuple(words[word] for word in known_words))

    @property
    def sizes(self) -> tuple[int, int]:
        """Number of word ids and number of character ids, including those for padding and unknown."""
        return len(self.words) + _FIRST_ID, len(self.characters) + _FIRST_ID

    def reader(self) -> VocabularyReader:
        """Return a reader that looks up words in this vocabulary."""
        return VocabularyReader(self)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the vocabulary as arrays."""
        return {
            **pack_texts(self.words, name="words"),
            **pack_texts(self.characters, name="characters"),
            "counts": np.asarray(self.counts, dtype=np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Vocabulary:
        """Restore a vocabulary from saved arrays.

        Raises:
            KeyError: an array is missing.
            ValueError: an array is invalid, or the arrays do not match.
        """
        words, characters = (tuple(unpack_texts(arrays, name=name)) for name in ("words", "characters"))
        counts = tuple(int(count) for count in arrays["counts"])
        if len(counts) != len(words):
            raise ValueError(f"{len(counts):,} counts for {len(words):,} words")
        return cls(words, characters, counts)


class VocabularyReader:
    """Converts sentences to the ids of their words and characters."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._word_ids = {word: word_id for word_id, word in enumerate(vocabulary.words, start=_FIRST_ID)}
        self._character_ids = {
            character: character_id for character_id, character in enumerate(vocabulary.characters, start=_FIRST_ID)
        }

    def inputs(self, sentences: Sequence[Sequence[str]]) -> WordInputs:
        """Return a batch of sentences, none of them empty, as arrays."""
        forms: dict[str, int] = {}
        places = np.zeros((len(sentences), max(map(len, sentences))), dtype=np.int64)
        for row, sentence in zip(places, sentences, strict=True):
            row[: len(sentence)] = [forms.setdefault(word, len(forms)) for word in sentence]
        truncated = [_truncate_word(word) for word in forms]
        characters = np.zeros((len(forms), max(1, *map(len, truncated))), dtype=np.int64)
        for row, text in zip(characters, truncated, strict=True):
            row[: len(text)] = [self._character_ids.get(character, UNKNOWN) for character in text]
        words = np.asarray([self._word_ids.get(_normalize_word(word), UNKNOWN) for word in forms], dtype=np.int64)
        return WordInputs(words, characters, places, np.asarray([len(each) for each in sentences], dtype=np.int64))


def _normalize_word(word: str) -> str:
    return _DIGIT.sub("0", word.lower())


def _truncate_word(word: str) -> str:
    if len(word) <= _MAX_CHARACTERS:
        return word
    half = _MAX_CHARACTERS // 2
    return word[:half] + word[-half:]
