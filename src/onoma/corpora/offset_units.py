"""Detection of the unit of a document's offsets: code points, UTF-16 units, bytes, or a CRLF as one character.

Tools in JavaScript and Java count UTF-16 code units, tools that normalise line endings count a carriage return and a
line feed as one character, tools in Go or Rust may count bytes, and some leave out a byte order mark. The unit is
detected from all spans of a document: they quote their text, or begin and end at word boundaries. A single span that
quotes no text may well begin or end inside a word; by itself, it shows another unit only if neither end is that of a
word, and both are in the other unit. A document whose spans may be in several units has the usual unit of its file,
that of most other documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from unicodedata import east_asian_width

CODE_POINTS = ""
"""Name of the unit that onoma counts in."""

_MIN_FITTING_FRACTION = 0.8
_BYTE_ORDER_MARK = "\ufeff"
_UNITS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "UTF-16 units": {"utf16": True, "crlf_as_one": False},
        "a line end (CRLF) as one": {"utf16": False, "crlf_as_one": True},
        "UTF-16 units and a line end (CRLF) as one": {"utf16": True, "crlf_as_one": True},
    }
)
Bounds = tuple[int, int, str | None]
"""Start and end of a span, and the text that it quotes; None if it quotes none."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """The spans of a document, read in one unit.

    Attributes:
        unit: name of the unit.
        code_points: for each unit, and for the end of the text, the index of its code point.
        spans: the spans in code points; one outside the text is empty.
        fitting: number of spans that fit the text.
    """

    unit: str
    code_points: Sequence[int]
    spans: Sequence[Bounds]
    fitting: int


def units_of(
    text: str, spans: Sequence[Bounds], *, usual: Callable[[], str] = lambda: CODE_POINTS
) -> tuple[str, Sequence[int]]:
    """Detect the unit of the offsets that fits the spans of a document.

    Args:
        text: the text.
        spans: its spans, as in the file.
        usual: returns the usual unit of the file; called only if the spans do not show theirs.

    Returns:
        The name of the unit for messages, empty for code points; and for each unit, and for the end of the text, the
        index of its code point.
    """
    original, *others = _readings(text, spans)
    reading = _shown(text, original, others)
    if reading is None:
        usual_unit = usual()
        same_fit = (other for other in others if other.unit == usual_unit and other.fitting >= original.fitting)
        reading = next(same_fit, original)
    return reading.unit, reading.code_points


def usual_unit(documents: Iterable[tuple[str, Sequence[Bounds]]]) -> str:
    """Return the name of the unit that the spans of most documents of a file show; see :func:`units_of`."""
    shown: Counter[str] = Counter()
    for text, spans in documents:
        original, *others = _readings(text, spans)
        if others and (reading := _shown(text, original, others)):
            shown[reading.unit] += 1
    return max(shown, key=lambda unit: shown[unit], default=CODE_POINTS)


def _readings(text: str, spans: Sequence[Bounds]) -> Iterator[_Reading]:
    """Yield the spans as they are and, unless their quoted texts show that these fit, in other units if they differ."""
    fitting = _count_fitting(text, spans)
    yield _Reading(CODE_POINTS, range(len(text) + 1), spans, fitting)
    quoting = all(quoted is not None for _, _, quoted in spans)
    if quoting and fitting == len(spans):
        return
    for unit, code_points in _other_units(text, quoting=quoting):
        converted = [
            (code_points[start], code_points[end], quoted) if 0 <= start < end < len(code_points) else (0, 0, quoted)
            for start, end, quoted in spans
        ]
        if converted != spans:
            yield _Reading(unit, code_points, converted, _count_fitting(text, converted))


def _shown(text: str, original: _Reading, others: Sequence[_Reading]) -> _Reading | None:
    """Return the only reading that fits; None if several do."""
    count = len(original.spans)
    best = max(others, key=lambda reading: reading.fitting, default=original)
    if best.fitting < max(original.fitting, _MIN_FITTING_FRACTION * count) or not count:
        return original
    if count == 1 and original.spans[0][2] is None:
        inside_word = not any(word_edges(text, *original.spans[0][:2]))
        return best if inside_word and all(word_edges(text, *best.spans[0][:2])) else None
    return best if best.fitting > original.fitting else None


def _count_fitting(text: str, spans: Iterable[Bounds]) -> int:
    return sum(_fits(text, *span) for span in spans)


def _fits(text: str, start: int, end: int, quoted: str | None) -> bool:
    """Return whether a span matches its quoted text or, without one, begins and ends at word boundaries."""
    if not 0 <= start < end <= len(text):
        return False
    return fits_words(text, start, end) if quoted is None else matches_quotation(text[start:end], quoted)


def fits_words(text: str, start: int, end: int) -> bool:
    """Return whether a span that is not empty neither begins nor ends inside a word or with white space."""
    if text[start].isspace() or text[end - 1].isspace():
        return False
    starts_inside_word = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    return not starts_inside_word and not (end < len(text) and text[end - 1].isalnum() and text[end].isalnum())


def word_edges(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Return whether a span begins where a word does, and whether it ends where a word does.

    Wide characters (Chinese, Japanese, Korean) are words of their own, because no spaces show where their words end.
    """
    starts = 0 <= start < len(text) and _is_word_edge(text[start], text[start - 1 : start])
    ends = 0 < end <= len(text) and _is_word_edge(text[end - 1], text[end : end + 1])
    return starts, ends


def _is_word_edge(inner: str, outer: str) -> bool:
    return inner.isalnum() and (not outer.isalnum() or east_asian_width(inner) in ("W", "F"))


def matches_quotation(text: str, quoted: str) -> bool:
    """Return whether a text equals a quoted one, apart from whitespace and escaped line feeds."""
    return quoted == text or _normalize_whitespace(quoted) == _normalize_whitespace(text)


def _normalize_whitespace(text: str) -> str:
    return " ".join(text.replace("\\n", "\n").split())


def _other_units(text: str, *, quoting: bool) -> Iterator[tuple[str, Sequence[int]]]:
    if text.startswith(_BYTE_ORDER_MARK):
        yield "characters after the byte order mark", range(1, len(text) + 1)
        for name, indices in _other_units(text.removeprefix(_BYTE_ORDER_MARK), quoting=quoting):
            yield f"{name}, after the byte order mark", [index + 1 for index in indices]
    if "\r\n" in text or (not text.isascii() and max(text) > "\uffff"):
        yield from ((name, _code_point_indices(text, **counts)) for name, counts in _UNITS.items())
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
