"""HTML character references in a text, and the characters they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from onoma.encoding.words import Replacement

_REFERENCE = re.compile(r"&(?:amp;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
"""A character reference (HTML, section 13.5) with a semicolon; its ``&`` may be escaped any number of times."""

_NO_CHARACTER = "\ufffd"
"""Character of a reference that stands for none, such as that of a control character."""


def find_escapes(text: str) -> Iterator[Replacement]:
    """Yield the character references of a text in order, each with the characters it stands for.

    >>> [replacement.text for replacement in find_escapes("Mary O&#39;Neil, AT&amp;amp;T & R&D;")]
    ["'", '&']
    """
    if "&" in text:
        for match in _REFERENCE.finditer(text):
            characters = unescape(f"&{match[1]};") or _NO_CHARACTER
            if characters != match[0]:
                yield Replacement(match.start(), match.end(), characters)
