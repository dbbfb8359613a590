"""Addresses of mail in a text: where they are. None is a part of a name, and none tells an encoder anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onoma.encoding.words import ADDRESS, Replacement

_ADDRESS = re.compile(
    r"""(?<![\w.+-])\w[\w.+-]*+@[\w-]+(?:\.[\w-]+)+   # ada@acme.com
      | (?<=\w)(?:/[\w-]++){0,8}@[\w-]+(?:\.[\w-]+)*   # behind a name: @ACME, /LON/ACME@ACME
    """,
    re.VERBOSE,
)


def find_addresses(text: str) -> Iterator[Replacement]:
    """The addresses of a text in order, each to be read as an ``@``.

    >>> [text[start:end] for text in ["Ada Byron/LON/ACME@ACME"] for start, end, _ in find_addresses(text)]
    ['/LON/ACME@ACME']
    """
    if "@" in text:
        for match in _ADDRESS.finditer(text):
            yield Replacement(match.start(), match.end(), ADDRESS)
