"""Halves of surrogate pairs: JSON can spell them, but they are no characters, and tokenizers and UTF-8 refuse them."""

from __future__ import annotations

import re

HALF_PAIR = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair."""


def half_pair(text: str) -> str | None:
    r"""Where a text has half of a surrogate pair, and what it is; None where it has none.

    >>> half_pair("Ada \ud83d")
    "'\\ud83d' at 5 is half of a surrogate pair, which is not text"
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start : error.end]
        return f"{half!r} at {error.start + 1} is half of a surrogate pair, which is not text"
    return None
