"""Sentences whose case tells nothing, since they are all in capitals or all in lower case.

This module finds them, and puts words in another case. It knows neither tokenizers nor scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\s\"')\]]*\s")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONG_WORD = re.compile(r"[^\W\d_]{4}")
_FEWEST_CAPITALS = 2
"""Long words of a sentence in capitals; fewer may be an abbreviation or a name that is written so."""

_FEWEST_LOWER = 8
"""Words of a sentence in lower case among others; fewer hold a name too rarely to be worth a second reading."""

_FEWEST_OF_TEXT = 3
"""Words of a whole text in lower case."""


def find_caseless(text: str, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where the case of a text tells nothing.

    Args:
        text: any text.
        starts: the characters at which its sentences or units begin; inside of these, sentences end at ``.!?``.

    Yields:
        Half-open ranges of characters: sentences of some words all of whose letters are capitals, or all in lower case.
        Of a text that is written so as a whole also the short ones.
    """
    if _is_caseless(text, fewest_lower=_FEWEST_OF_TEXT):
        yield 0, len(text)
        return
    ends = {match.end() for match in _SENTENCE_END.finditer(text)}
    for start, end in pairwise(sorted({0, len(text), *starts, *ends})):
        if _is_caseless(text[start:end], fewest_lower=_FEWEST_LOWER):
            yield start, end


def _is_caseless(sentence: str, *, fewest_lower: int) -> bool:
    if sentence.isupper():
        return _has(_FEWEST_CAPITALS, _LONG_WORD, sentence)
    return sentence.islower() and _has(fewest_lower, _LETTERS, sentence)


def _has(fewest: int, pattern: re.Pattern[str], sentence: str) -> bool:
    return sum(1 for _ in islice(pattern.finditer(sentence), fewest)) == fewest


AS_WRITTEN, LOWER, CAPITALISED = 0, 1, 2
"""Cases in which a word can be read."""


def in_case(word: str, case: int) -> str:
    """A word in a case; capitalised, each run of its letters begins with a capital.

    >>> in_case("O'NEIL-SMITH", CAPITALISED)
    "O'Neil-Smith"
    """
    if case == CAPITALISED:
        return _LETTERS.sub(lambda letters: letters[0].capitalize(), word)
    return word.lower() if case == LOWER else word
