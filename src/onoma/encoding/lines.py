"""Lines of a raw text, and detection of wrapped lines, which end only because they were full.

A wrapped line is detected by its width, compared with lines that were certainly wrapped, by its end, and by the
beginning of the next line. In case of doubt, a line counts as not wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, starmap

_QUOTE_MARKS = re.compile(r"(?:[ \t]{0,3}[>|])+")
_ITEM_OR_FIELD_START = re.compile(
    r"""(?: [-*+•‣▪●○◦■□✓→–—] | \(? (?: [0-9]{1,3} | [ivx]{1,5} | [a-z] ) [.)] | \#{1,6} ) \s  # - item, 1. item
      | [^\W\d_][\w'/-]* (?: [ ][\w'/-]+ ){0,3} [ ]? : (?: \s | $ )                            # Subject: ...
    """,
    re.VERBOSE,
)
"""Beginning of a list item or of a form field."""

_SHORT_LAST_WORD = re.compile(r"(?<!\w)[^\W\d_]{1,3}$")
"""A short word at the end of a line, such as a preposition or an article."""

CLOSING = ".!?…。！？؟।:;"
"""Punctuation marks that end a sentence or a part of one."""

_MIN_WRAP_WIDTH, _MAX_WRAP_WIDTH = 45, 120
"""Minimum and maximum width of wrapped lines in characters, unless lower case in the next lines proves the wrapping."""

_MIN_CERTAIN_WIDTH = 30
_FULL_LINE_SHARE = 0.9
"""A line is full if it has more than this share of the width, including the first word of the next line."""

_MIN_PROSE_WORDS = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.

    Attributes:
        text: content without quote marks and surrounding whitespace.
        start: offset of the content in the whole text.
        quoted: characters ``[start, end)`` of the quote marks, including whitespace before them.
        indent: number of characters before the content, without the quote marks.
        paragraph: number of the paragraph; a paragraph is a run of lines with the same quotation depth and without a
            blank line between them.
    """

    text: str
    start: int
    quoted: tuple[int, int]
    indent: int
    paragraph: int

    @property
    def width(self) -> int:
        """Number of characters, indentation included."""
        return self.indent + len(self.text)


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines of a text that are not blank, in order."""
    start = paragraph = depth = 0
    for raw_line in text.splitlines(keepends=True):
        quote = _QUOTE_MARKS.match(raw_line)
        quote_length = quote.end() if quote else 0
        unquoted = raw_line[quote_length:].lstrip()
        content = unquoted.rstrip()
        marks = raw_line.count(">", 0, quote_length)  # bars are not counted, since table rows begin with them too
        if not content or marks != depth:
            paragraph, depth = paragraph + 1, marks
        if content:
            indent = len(raw_line) - quote_length - len(unquoted)
            yield Line(content, start + quote_length + indent, (start, start + quote_length), indent, paragraph)
        start += len(raw_line)


def wrapped_lines(lines: Sequence[Line]) -> Iterator[bool]:
    """Yield for each line whether it was wrapped, so that the next line continues it."""
    paragraphs = [list(group) for _, group in groupby(lines, key=lambda line: line.paragraph)]
    usual_width = max((width for paragraph in paragraphs for width in _certain_widths(paragraph)), default=0)
    for paragraph in paragraphs:
        width = _find_wrap_width(paragraph, usual_width=usual_width if usual_width >= _MIN_WRAP_WIDTH else 0)
        in_prose = len(paragraph) == 2 or any(starmap(_is_certainly_wrapped, pairwise(paragraph)))
        for line, following in pairwise(paragraph):
            yield _is_wrapped(line, following, width=width, in_prose=in_prose)
        yield False


def _is_mid_sentence(line: Line, following: Line) -> bool:
    """Return whether a line without a closing mark and the start of the next line look like parts of one sentence."""
    if line.text[-1] in CLOSING:
        return False
    words, next_words = line.text.split(), following.text.split(maxsplit=4)[:4]
    lower_count = sum(word[0].islower() for word in words)
    return len(words) >= 3 and 3 * lower_count >= len(words) and any(word[0].islower() for word in next_words)


def _is_wrapped(line: Line, following: Line, *, width: int, in_prose: bool) -> bool:
    if _ITEM_OR_FIELD_START.match(following.text):
        return False
    if _is_certainly_wrapped(line, following) or (
        _ITEM_OR_FIELD_START.match(line.text) and following.indent > line.indent
    ):
        return True
    last_word = _SHORT_LAST_WORD.search(line.text, max(0, len(line.text) - 3))
    if (last_word is not None and last_word[0].islower()) or _is_full(line, following, width=width):
        return True
    return in_prose and _is_mid_sentence(line, following)


def _is_certainly_wrapped(line: Line, following: Line) -> bool:
    """Return whether the next line begins in lower case although the line contains capitals."""
    return following.text[0].islower() and any(map(str.isupper, line.text))


def _is_full(line: Line, following: Line, *, width: int) -> bool:
    """Return whether the next line's first word would have made the line wider than ``width``, or nearly so.

    If ``width`` is 0, the answer is always false.
    """
    return 0 < _FULL_LINE_SHARE * width < line.width + 1 + len(following.text.split(maxsplit=1)[0])


def _find_wrap_width(paragraph: Sequence[Line], *, usual_width: int) -> int:
    """Return the width at which a paragraph's lines are wrapped; 0 if they do not seem to be wrapped.

    Args:
        paragraph: lines of the paragraph.
        usual_width: width of wrapped lines elsewhere in the text, or 0.
    """
    if certain_width := max(_certain_widths(paragraph), default=0):
        return certain_width
    if usual_width:
        return usual_width
    widest = max(line.width for line in paragraph)
    full = (_is_full(line, following, width=widest) for line, following in pairwise(paragraph))
    is_wrapped = _MIN_WRAP_WIDTH <= widest <= _MAX_WRAP_WIDTH and all(full) and all(map(_is_prose, paragraph[:-1]))
    return widest if is_wrapped else 0


def _certain_widths(paragraph: Sequence[Line]) -> Iterator[int]:
    for line, following in pairwise(paragraph):
        if (
            line.width >= _MIN_CERTAIN_WIDTH
            and _is_certainly_wrapped(line, following)
            and not _ITEM_OR_FIELD_START.match(following.text)
        ):
            yield line.width


def _is_prose(line: Line) -> bool:
    """Return whether a line looks like prose: it has several words, at least half of them or none in lower case."""
    words = line.text.split()
    lower_count = sum(word[0].islower() for word in words)
    return len(words) >= _MIN_PROSE_WORDS and (2 * lower_count >= len(words) or lower_count == 0)
