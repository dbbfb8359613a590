"""Feature extraction of the CRF: attributes from a word, its context, and the boundaries of its sentence.

An attribute is a string of a template's name and its value, such as ``s3=eat`` for the last three letters. Attributes
of a single word come from :func:`word_features`; they depend on the word's offset from the scored word only, so that
their weights can be looked up once for each word. Attributes that combine a word and its neighbours come from
:func:`context_features`. This module does not depend on weights or labels.

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

_AFFIX_LENGTHS = range(1, 5)
_MAX_SHAPE_LENGTH = 24


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
    return "".join(map(_character_class, word[:_MAX_SHAPE_LENGTH]))


def compressed(shape: str) -> str:
    """Reduce each run of equal characters in a shape to one character.

    >>> compressed("XxXxxxxx'x")
    "XxXx'x"
    """
    return "".join(character for character, _ in groupby(shape))


def word_features(word: str, *, offset: int) -> list[str]:
    """Return the attributes that a word contributes to the scored word, from which it is ``offset`` words away."""
    form = Form.of(word)
    if offset:
        context_attributes = [f"{offset}:l={form.lower}", f"{offset}:h={form.shape}"]
        if abs(offset) == 1:
            context_attributes.append(f"{offset}:s3={form.lower[-3:]}")
        return context_attributes
    shape = shape_of(word)
    word_attributes = [CONSTANT, f"w={word}", f"l={form.lower}", f"hh={shape}", f"h={form.shape}"]
    for length in _AFFIX_LENGTHS:
        if len(form.lower) > length:
            word_attributes += [f"p{length}={form.lower[:length]}", f"s{length}={form.lower[-length:]}"]
    word_attributes += [name for name, holds in _flags(word, shape).items() if holds]
    return word_attributes


def context_features(before: Form | None, own: Form, after: Form | None) -> list[str]:
    """Return the attributes that combine a word and its neighbours; None stands for the boundary of the sentence."""
    pair_attributes = [BEGINS if before is None else f"-1+0:l={before.lower} {own.lower}"]
    pair_attributes.append(ENDS if after is None else f"0+1:l={own.lower} {after.lower}")
    neighbour_shapes = ("" if before is None else before.shape, "" if after is None else after.shape)
    pair_attributes.append(f"-1+0+1:h={neighbour_shapes[0]} {own.shape} {neighbour_shapes[1]}")
    return pair_attributes


def attributes(words: Sequence[str]) -> list[list[str]]:
    """Return all attributes of each word of a sentence."""
    forms: list[Form | None] = [None, *map(Form.of, words), None]
    sentence_attributes = []
    for position in range(len(words)):
        word_attributes = [
            attribute
            for offset in OFFSETS
            if 0 <= position + offset < len(words)
            for attribute in word_features(words[position + offset], offset=offset)
        ]
        before, current, after = forms[position : position + 3]
        assert current is not None
        sentence_attributes.append([*word_attributes, *context_features(before, current, after)])
    return sentence_attributes


def _character_class(character: str) -> str:
    if character.isupper():
        return "X"
    if character.islower():
        return "x"
    if character.isdigit():
        return "d"
    return "c" if character.isalpha() else character


def _flags(word: str, shape: str) -> dict[str, bool]:
    classes = set(shape)
    return {
        "capital": shape[:1] == "X",
        "capitals": classes == {"X"} and len(word) > 1,
        "capital inside": "X" in shape[1:] and "x" in classes,
        "digit": "d" in classes,
        "digits": classes == {"d"},
        "letter and digit": "d" in classes and bool(classes & set("Xxc")),
        "hyphen": "-" in classes,
        "no letter": not classes & set("Xxcd"),
        "not ASCII": not word.isascii(),
    }
