"""Words to the attributes of a CRF: what a word is made of, what is around it, and where its sentence begins and ends.

An attribute is a text: a template's name and its value, such as ``s3=eat`` for the last three letters. Those that
depend on one word come from :func:`of_word`, by how far the word is from the one that is scored, so that they can be
looked up once for each form; those of neighbours together come from :func:`of_pairs`. This module knows neither
weights nor labels.

Sources: Tjong Kim Sang and De Meulder 2003, section 3.2; Finkel et al. 2005, table 2 (shapes and their neighbours);
Ratinov and Roth 2009, section 3.1 (affixes of up to four letters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

OFFSETS = (-2, -1, 0, 1, 2)
"""Where a word whose attributes are used may be, seen from the word that is scored."""

CONSTANT = "1"
"""The attribute that every word has."""

BEGINS, ENDS = "begins", "ends"
"""Attributes of the first and of the last word of a sentence."""

_AFFIXES = range(1, 5)
_SHAPE_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Form:
    """A word as the templates see it: in lower case, and its shape with every run of equal signs as one."""

    lower: str
    shape: str

    @classmethod
    def of(cls, word: str) -> Form:
        """The form of a word."""
        return cls(word.lower(), compressed(shape_of(word)))


def shape_of(word: str) -> str:
    """Letters, digits and other scripts by their kind, punctuation as it is; of a very long word the beginning.

    >>> shape_of("McDonald's"), shape_of("B-52"), shape_of("京")
    ("XxXxxxxx'x", 'X-dd', 'c')
    """
    return "".join(map(_kind, word[:_SHAPE_CHARACTERS]))


def compressed(shape: str) -> str:
    """A shape with each run of equal signs as one.

    >>> compressed("XxXxxxxx'x")
    "XxXx'x"
    """
    return "".join(sign for sign, _ in groupby(shape))


def of_word(word: str, *, offset: int) -> list[str]:
    """The attributes of a word for the word from which it is ``offset`` words away; see :data:`OFFSETS`."""
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
    """The attributes of a word and its neighbours together; None where the sentence begins or ends."""
    found = [BEGINS if before is None else f"-1+0:l={before.lower} {own.lower}"]
    found.append(ENDS if after is None else f"0+1:l={own.lower} {after.lower}")
    sides = ("" if before is None else before.shape, "" if after is None else after.shape)
    found.append(f"-1+0+1:h={sides[0]} {own.shape} {sides[1]}")
    return found


def attributes(words: Sequence[str]) -> list[list[str]]:
    """All attributes of each word of a sentence."""
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
