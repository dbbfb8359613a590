"""Detection of lone surrogates: JSON can contain them, but they are not characters, and tokenizers reject them."""

from __future__ import annotations

import re

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Pattern of a lone surrogate, half of a surrogate pair."""


def find_lone_surrogate(text: str) -> str | None:
    r"""Describe the first lone surrogate in a text and its position; return None if there is none.

    >>> find_lone_surrogate("Ada \ud83d")
    "'\\ud83d' at 5 is half of a surrogate pair, which is not text"
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        surrogate = error.object[error.start : error.end]
        return f"{surrogate!r} at {error.start + 1} is half of a surrogate pair, which is not text"
    return None
