"""Check for encoding errors: UTF-8 decoded as Latin-1, replacement and control characters, lone surrogates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from onoma.doctor.finding import Finding, LocatedDocument, Severity, shown
from onoma.text import Span

CHECK = "characters"


def _decode_byte(byte: int) -> str:
    """Return the characters that a byte becomes when decoded as Latin-1 and as Windows-1252."""
    return bytes([byte]).decode("latin-1") + bytes([byte]).decode("cp1252", errors="ignore")


_TAIL = "[" + re.escape("".join(sorted({char for byte in range(0x80, 0xC0) for char in _decode_byte(byte)}))) + "]"
# A single pair whose lead byte is not C2 or C3 also occurs in correct text, as in the French É», so two are required.
_DOUBLE_ENCODED = re.compile(
    rf"(?:[\u00c2\u00c3]{_TAIL}|[\u00e0-\u00ef]{_TAIL}{{2}}|[\u00f0-\u00f4]{_TAIL}{{3}}"
    rf"|(?:[\u00c4-\u00df]{_TAIL}){{2}})(?:[\u00c2-\u00df]{_TAIL}|[\u00e0-\u00ef]{_TAIL}{{2}})*"
)
_REPLACEMENT_CHARS = re.compile("\ufffd+")
_CONTROL_CHARS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]+")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]+")


def check_characters(cases: Iterable[LocatedDocument]) -> Iterator[Finding]:
    """Report the first place of each kind of encoding error in each document, and the number of further places."""
    for case in cases:
        text = case.document.text
        if text.isascii() and text.isprintable():
            continue
        mojibake = [match for match in _DOUBLE_ENCODED.finditer(text) if decoded(match[0]) is not None]
        yield from _report_matches(
            case,
            mojibake,
            "warning",
            "UTF-8 that was read in another encoding and written again",
            f"read {shown(mojibake[0][0])} as {shown(decoded(mojibake[0][0]) or '')}; decode the source again"
            if mojibake
            else "",
        )
        replaced, control = list(_REPLACEMENT_CHARS.finditer(text)), list(_CONTROL_CHARS.finditer(text))
        replacement_reason = "U+FFFD stands for what a decoder could not read"
        yield from _report_matches(
            case, replaced, "warning", replacement_reason, "decode the source again, in its own encoding"
        )
        control_reason = "control characters are not text, and tokenizers drop them"
        yield from _report_matches(case, control, "warning", control_reason, "remove them, and adjust the offsets")
        surrogate_reason = "half of a surrogate pair is not a character and cannot be written as UTF-8"
        yield from _report_matches(
            case,
            list(_LONE_SURROGATES.finditer(text)),
            "error",
            surrogate_reason,
            "join it with its other half, or remove it",
        )


def decoded(piece: str) -> str | None:
    """Return the text before it was encoded twice, or None if the piece is not doubly encoded UTF-8.

    >>> decoded("Ã©"), decoded("é")
    ('é', None)
    """
    try:
        data = b"".join(_encode_char(char) for char in piece)
        return data.decode("utf-8")
    except UnicodeError:
        return None


def _encode_char(char: str) -> bytes:
    return char.encode("latin-1") if char < "\u0100" else char.encode("cp1252")


def _report_matches(
    case: LocatedDocument, matches: list[re.Match[str]], severity: Severity, why: str, fix: str
) -> Iterator[Finding]:
    if matches:
        first = matches[0]
        text = case.document.text
        what = shown(text[max(0, first.start() - 15) : first.end() + 15])
        what += f" and {len(matches) - 1} more in this document" if len(matches) > 1 else ""
        span = Span(start=first.start(), end=first.end())
        yield Finding.at(case, span, check=CHECK, severity=severity, what=what, why=why, fix=fix)
