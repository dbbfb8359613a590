"""Text from files, as a terminal may be given it: it cannot move the cursor, change colours or answer questions.

Labels, ids, names of files and columns, and whatever else others have written goes through :func:`visible` before it is
shown; so does every message as a whole.
"""

from __future__ import annotations

from io import TextIOBase
from typing import TextIO

_KEPT = "\t\n"
_VISIBLE = str.maketrans(
    {chr(code): chr(0x2400 + code) for code in range(32) if chr(code) not in _KEPT}
    | {"\x7f": "␡"}
    | {chr(code): "\N{REPLACEMENT CHARACTER}" for code in (*range(0x80, 0xA0), *range(0xD800, 0xE000))}
)


def visible(text: str) -> str:
    r"""Control characters as pictures, but for tabs and line feeds.

    >>> visible("red: \x1b[31m")
    'red: ␛[31m'
    """
    return text.translate(_VISIBLE)


class VisibleText(TextIOBase):
    """A stream to a terminal through which everything is made visible."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        self._stream.write(visible(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()
