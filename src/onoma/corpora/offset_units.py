"""Detection of the unit of a document's offsets: code points, UTF-16 units, bytes, or a CRLF as one character.

Tools in JavaScript and Java count UTF-16 code units, tools that normalise line endings count a carriage return and a
line feed as one character, and tools in Go or Rust may count bytes. The unit is detected from all spans of a document:
they quote their text, or begin and end at word boundaries. A single span that quotes no text may well begin or end
inside a word; it shows another unit only if neither end is that of a word, and both are in the other unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

_MIN_FITTING_FRACTION = 0.8
Bounds = tuple[int, int, str | None]
"""Start and end of a span, and the text that it quotes; None if it quotes none."""


def units_of(text: str, spans: Sequence[Bounds]) -> tuple[str, Sequence[int]]:
    """Detect the unit of the offsets that fits the spans of a document.

    Returns:
        The name of the unit for messages, empty for code points; and for each unit, and for the end of the text, the
        index of its code point.
    """
    identity = range(len(text) + 1)
    best_count = sum(holds(text, *span) for span in spans)
    best: tuple[str, Sequence[int]] = ("", identity)
    if best_count == len(spans):
        return best
    quoting = all(quoted is not None for _, _, quoted in spans)
    is_single = len(spans) == 1 and not quoting
    if is_single and any(_word_edges(text, *spans[0][:2])):
        return best
    for name, code_points in _other_units(text, quoting=quoting):
        converted = [
            (code_points[start], code_points[end], quoted)
            for start, end, quoted in spans
            if 0 <= start < end < len(code_points)
        ]
        if is_single:
            converted = [span for span in converted if all(_word_edges(text, *span[:2]))]
        count = sum(holds(text, *span) for span in converted)
        if count > best_count and count >= _MIN_FITTING_FRACTION * len(spans):
            best_count, best = count, (name, code_points)
    return best


def holds(text: str, start: int, end: int, quoted: str | None) -> bool:
    """Return whether a span matches its quoted text or, without one, begins and ends at word boundaries."""
    if not 0 <= start < end <= len(text):
        return False
    if quoted is not None:
        return agrees(text[start:end], quoted)
    if text[start].isspace() or text[end - 1].isspace():
        return False
    starts_inside_word = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    return not starts_inside_word and not (end < len(text) and text[end - 1].isalnum() and text[end].isalnum())


def _word_edges(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Return whether a span begins where a word does, and whether it ends where a word does.

    Wide characters (Chinese, Japanese, Korean) are words of their own, because no spaces show where their words end.
    """
    starts = 0 <= start < len(text) and _is_word_edge(text[start], text[start - 1 : start])
    ends = 0 < end <= len(text) and _is_word_edge(text[end - 1], text[end : end + 1])
    return starts, ends


def _is_word_edge(inner: str, outer: str) -> bool:
    return inner.isalnum() and (not outer.isalnum() or east_asian_width(inner) in ("W", "F"))


def agrees(there: str, quoted: str) -> bool:
    """Return whether a text equals a quoted text, apart from whitespace and escaped line feeds."""
    return quoted == there or _normalize_whitespace(quoted) == _normalize_whitespace(there)


def _normalize_whitespace(text: str) -> str:
    return " ".join(text.replace("\\n", "\n").split())


def _other_units(text: str, *, quoting: bool) -> Iterator[tuple[str, Sequence[int]]]:
    has_crlf = "\r\n" in text
    if not text.isascii() and max(text) > "\uffff":
        yield "UTF-16 units", _code_point_indices(text, utf16=True, crlf_as_one=False)
        if has_crlf:
            yield "UTF-16 units and a line end (CRLF) as one", _code_point_indices(text, utf16=True, crlf_as_one=True)
    if has_crlf:
        yield "a line end (CRLF) as one", _code_point_indices(text, utf16=False, crlf_as_one=True)
    if quoting and not text.isascii():
        byte_widths = [len(character.encode("utf-8", "surrogatepass")) for character in text]
        yield "bytes", [*(index for index, width in enumerate(byte_widths) for _ in range(width)), len(text)]


def _code_point_indices(text: str, *, utf16: bool, crlf_as_one: bool) -> list[int]:
    indices: list[int] = []
    previous = ""
    for index, character in enumerate(text):
        if not (crlf_as_one and previous == "\r" and character == "\n"):
            indices += [index] * (1 + (utf16 and character > "\uffff"))
        previous = character
    return [*indices, len(text)]
