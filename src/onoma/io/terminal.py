"""Safe output of untrusted text to a terminal, so that it cannot move the cursor, change colours or send input.

Labels, ids, names of files and columns, and all other external text is passed through :func:`visible` before it is
shown, and so is every message as a whole.
"""

from __future__ import annotations

from io import TextIOBase
from typing import TextIO

_KEPT_CHARACTERS = "\t\n"
_VISIBLE_SYMBOLS = str.maketrans(
    {chr(code): chr(0x2400 + code) for code in range(32) if chr(code) not in _KEPT_CHARACTERS}
    | {"\x7f": "␡"}
    | {chr(code): "\N{REPLACEMENT CHARACTER}" for code in (*range(0x80, 0xA0), *range(0xD800, 0xE000))}
)


def visible(text: str) -> str:
    r"""Return a text with its control characters, except tabs and line feeds, replaced with visible symbols.

    >>> visible("red: \x1b[31m")
    'red: ␛[31m'
    """
    return text.translate(_VISIBLE_SYMBOLS)


class VisibleText(TextIOBase):
    """A text stream to a terminal that applies :func:`visible` to everything written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        self._stream.write(visible(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()
