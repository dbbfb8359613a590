"""Detection of the unit of a document's offsets: code points, UTF-16 units, bytes, or a CRLF as one character.

Tools in JavaScript and Java count UTF-16 code units, tools that normalise line endings count a carriage return and a
line feed as one character, and tools in Go or Rust may count bytes. The unit is detected from all spans of a document:
they quote their text, or begin and end at word boundaries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_NEARLY_ALL = 0.8
_FEWEST_UNQUOTED = 2
"""Minimum number of spans if some quote no text; a single such span may well begin inside a word."""

Bounds = tuple[int, int, str | None]
"""Start and end of a span, and the text that it quotes; None if it quotes none."""


def units_of(text: str, spans: Sequence[Bounds]) -> tuple[str, Sequence[int]]:
    """Detect the unit of the offsets that fits the spans of a document.

    Returns:
        The name of the unit for messages, empty for code points; and for each unit, and for the end of the text, the
        index of its code point.
    """
    plain = range(len(text) + 1)
    here = sum(holds(text, *span) for span in spans)
    best: tuple[str, Sequence[int]] = ("", plain)
    if here == len(spans):
        return best
    quoting = all(quoted is not None for _, _, quoted in spans)
    if not quoting and len(spans) < _FEWEST_UNQUOTED:
        return best
    for name, points in _others(text, quoting=quoting):
        inside = [
            (points[start], points[end], quoted) for start, end, quoted in spans if 0 <= start < end < len(points)
        ]
        found = sum(holds(text, *span) for span in inside)
        if found > here and found >= _NEARLY_ALL * len(spans):
            here, best = found, (name, points)
    return best


def holds(text: str, start: int, end: int, quoted: str | None) -> bool:
    """Return whether a span matches its quoted text or, without one, begins and ends at word boundaries."""
    if not 0 <= start < end <= len(text):
        return False
    if quoted is not None:
        return agrees(text[start:end], quoted)
    if text[start].isspace() or text[end - 1].isspace():
        return False
    cut = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    return not cut and not (end < len(text) and text[end - 1].isalnum() and text[end].isalnum())


def agrees(there: str, quoted: str) -> bool:
    """Return whether a text equals a quoted text, apart from whitespace and escaped line feeds."""
    return quoted == there or _plain(quoted) == _plain(there)


def _plain(text: str) -> str:
    return " ".join(text.replace("\\n", "\n").split())


def _others(text: str, *, quoting: bool) -> Iterator[tuple[str, Sequence[int]]]:
    ends = "\r\n" in text
    if not text.isascii() and max(text) > "\uffff":
        yield "UTF-16 units", _points(text, utf16=True, ends=False)
        if ends:
            yield "UTF-16 units and a line end (CRLF) as one", _points(text, utf16=True, ends=True)
    if ends:
        yield "a line end (CRLF) as one", _points(text, utf16=False, ends=True)
    if quoting and not text.isascii():
        widths = [len(character.encode("utf-8", "surrogatepass")) for character in text]
        yield "bytes", [*(place for place, width in enumerate(widths) for _ in range(width)), len(text)]


def _points(text: str, *, utf16: bool, ends: bool) -> list[int]:
    points: list[int] = []
    before = ""
    for place, character in enumerate(text):
        if not (ends and before == "\r" and character == "\n"):
            points += [place] * (1 + (utf16 and character > "\uffff"))
        before = character
    return [*points, len(text)]
