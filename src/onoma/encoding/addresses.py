"""E-mail addresses in a text. They are never part of a name, and carry no information for an encoder."""

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
    """Yield the e-mail addresses of a text in order, each with ``@`` as its replacement.

    >>> [text[start:end] for text in ["Ada Byron/LON/ACME@ACME"] for start, end, _ in find_addresses(text)]
    ['/LON/ACME@ACME']
    """
    if "@" in text:
        for match in _ADDRESS.finditer(text):
            yield Replacement(match.start(), match.end(), ADDRESS)
