"""Detection of sentences without case information: those entirely in upper case or entirely in lower case.

This module also changes the case of words. It is independent of tokenizers and scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\s\"')\]]*\s")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONG_WORD = re.compile(r"[^\W\d_]{4}")
_MIN_UPPER_WORDS = 2
"""Minimum number of long words in an upper-case sentence; fewer may be an abbreviation or a name in capitals."""

_MIN_LOWER_WORDS = 8
"""Minimum number of words in a lower-case sentence; shorter ones rarely contain names worth a second reading."""

_MIN_LOWER_WORDS_OF_TEXT = 3
"""Minimum number of words in a text that is entirely in lower case."""


def find_caseless(text: str, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Find the parts of a text whose case carries no information.

    Args:
        text: any text.
        starts: offsets at which sentences or units begin; within these, sentences end at ``.!?``.

    Yields:
        Half-open ranges of characters: sentences of several words whose letters are all upper case or all lower case.
        If this applies to the text as a whole, the only range is the whole text, which includes short sentences.
    """
    if _is_caseless(text, min_lower_words=_MIN_LOWER_WORDS_OF_TEXT):
        yield 0, len(text)
        return
    ends = {match.end() for match in _SENTENCE_END.finditer(text)}
    for start, end in pairwise(sorted({0, len(text), *starts, *ends})):
        if _is_caseless(text[start:end], min_lower_words=_MIN_LOWER_WORDS):
            yield start, end


def _is_caseless(sentence: str, *, min_lower_words: int) -> bool:
    if sentence.isupper():
        return _has_matches(_MIN_UPPER_WORDS, _LONG_WORD, sentence)
    return sentence.islower() and _has_matches(min_lower_words, _LETTERS, sentence)


def _has_matches(minimum: int, pattern: re.Pattern[str], sentence: str) -> bool:
    return sum(1 for _ in islice(pattern.finditer(sentence), minimum)) == minimum


AS_WRITTEN, LOWER, CAPITALISED = 0, 1, 2
"""Cases in which the encoder can read a word."""


def in_case(word: str, case: int) -> str:
    """Convert a word to a case; in a capitalised word, each run of letters begins with a capital.

    >>> in_case("O'NEIL-SMITH", CAPITALISED)
    "O'Neil-Smith"
    """
    if case == CAPITALISED:
        return _LETTERS.sub(lambda letters: letters[0].capitalize(), word)
    return word.lower() if case == LOWER else word
