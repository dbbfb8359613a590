"""Feature extraction of the CRF: attributes from a word, its context, and the boundaries of its sentence.

An attribute is a string of a template's name and its value, such as ``s3=eat`` for the last three letters. Attributes
of a single word come from :func:`of_word`; they depend on the word's offset from the scored word only, so that their
weights can be looked up once for each word. Attributes that combine a word and its neighbours come from
:func:`of_pairs`. This module does not depend on weights or labels.

Sources: Tjong Kim Sang and De Meulder 2003, section 3.2; Finkel et al. 2005, table 2 (shapes and their neighbours);
Ratinov and Roth 2009, section 3.1 (affixes of up to four letters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

OFFSETS = (-2, -1, 0, 1, 2)
"""Offsets, relative to the scored word, of the words whose attributes are used."""

CONSTANT = "1"
"""Attribute of every word, whose weights are the biases of the tags."""

BEGINS, ENDS = "begins", "ends"
"""Attributes of the first and of the last word of a sentence."""

_AFFIXES = range(1, 5)
_SHAPE_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a word that templates for neighbouring words use.

    Attributes:
        lower: the word in lower case.
        shape: shape of the word, with each run of equal characters reduced to one.
    """

    lower: str
    shape: str

    @classmethod
    def of(cls, word: str) -> Form:
        """Return the form of a word."""
        return cls(word.lower(), compressed(shape_of(word)))


def shape_of(word: str) -> str:
    """Return the shape of a word.

    Upper-case letters become ``X``, lower-case letters ``x``, digits ``d`` and letters without case ``c``; other
    characters stay as they are. Only the first 24 characters of a word are used.

    >>> shape_of("McDonald's"), shape_of("B-52"), shape_of("京")
    ("XxXxxxxx'x", 'X-dd', 'c')
    """
    return "".join(map(_kind, word[:_SHAPE_CHARACTERS]))


def compressed(shape: str) -> str:
    """Reduce each run of equal characters in a shape to one character.

    >>> compressed("XxXxxxxx'x")
    "XxXx'x"
    """
    return "".join(sign for sign, _ in groupby(shape))


def of_word(word: str, *, offset: int) -> list[str]:
    """Return the attributes that a word contributes to the scored word, from which it is ``offset`` words away."""
    form = Form.of(word)
    if offset:
        near = [f"{offset}:l={form.lower}", f"{offset}:h={form.shape}"]
        if abs(offset) == 1:
            near.append(f"{offset}:s3={form.lower[-3:]}")
        return near
    shape = shape_of(word)
    own = [CONSTANT, f"w={word}", f"l={form.lower}", f"hh={shape}", f"h={form.shape}"]
    for letters in _AFFIXES:
        if len(form.lower) > letters:
            own += [f"p{letters}={form.lower[:letters]}", f"s{letters}={form.lower[-letters:]}"]
    own += [name for name, holds in _flags(word, shape).items() if holds]
    return own


def of_pairs(before: Form | None, own: Form, after: Form | None) -> list[str]:
    """Return the attributes that combine a word and its neighbours; None stands for the boundary of the sentence."""
    found = [BEGINS if before is None else f"-1+0:l={before.lower} {own.lower}"]
    found.append(ENDS if after is None else f"0+1:l={own.lower} {after.lower}")
    sides = ("" if before is None else before.shape, "" if after is None else after.shape)
    found.append(f"-1+0+1:h={sides[0]} {own.shape} {sides[1]}")
    return found


def attributes(words: Sequence[str]) -> list[list[str]]:
    """Return all attributes of each word of a sentence."""
    forms: list[Form | None] = [None, *map(Form.of, words), None]
    found = []
    for position in range(len(words)):
        own = [
            attribute
            for offset in OFFSETS
            if 0 <= position + offset < len(words)
            for attribute in of_word(words[position + offset], offset=offset)
        ]
        before, here, after = forms[position : position + 3]
        assert here is not None
        found.append([*own, *of_pairs(before, here, after)])
    return found


def _kind(character: str) -> str:
    if character.isupper():
        return "X"
    if character.islower():
        return "x"
    if character.isdigit():
        return "d"
    return "c" if character.isalpha() else character


def _flags(word: str, shape: str) -> dict[str, bool]:
    kinds = set(shape)
    return {
        "capital": shape[:1] == "X",
        "capitals": kinds == {"X"} and len(word) > 1,
        "capital inside": "X" in shape[1:] and "x" in kinds,
        "digit": "d" in kinds,
        "digits": kinds == {"d"},
        "letter and digit": "d" in kinds and bool(kinds & set("Xxc")),
        "hyphen": "-" in kinds,
        "no letter": not kinds & set("Xxcd"),
        "not ASCII": not word.isascii(),
    }
