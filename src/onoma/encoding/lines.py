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
_OPENING = re.compile(
    r"""(?: [-*+•‣▪●○◦■□✓→–—] | \(? (?: [0-9]{1,3} | [ivx]{1,5} | [a-z] ) [.)] | \#{1,6} ) \s  # - item, 1. item
      | [^\W\d_][\w'/-]* (?: [ ][\w'/-]+ ){0,3} [ ]? : (?: \s | $ )                            # Subject: ...
    """,
    re.VERBOSE,
)
"""Beginning of a list item or of a form field."""

_CONNECTING = re.compile(r"(?<!\w)[^\W\d_]{1,3}$")
"""A short word at the end of a line, such as a preposition or an article."""

CLOSING = ".!?…。！？؟।:;"
"""Punctuation marks that end a sentence or a part of one."""

_NARROWEST, _WIDEST = 45, 120
"""Minimum and maximum width of wrapped lines in characters, unless lower case in the next lines proves the wrapping."""

_NARROWEST_SURE = 30
_SLACK = 0.9
"""A line is full if it has more than this share of the width, including the first word of the next line."""

_WORDS_OF_PROSE = 6


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
    for written in text.splitlines(keepends=True):
        quote = _QUOTE_MARKS.match(written)
        quoted = quote.end() if quote else 0
        bare = written[quoted:].lstrip()
        content = bare.rstrip()
        marks = written.count(">", 0, quoted)  # bars are not counted, since table rows begin with them too
        if not content or marks != depth:
            paragraph, depth = paragraph + 1, marks
        if content:
            indent = len(written) - quoted - len(bare)
            yield Line(content, start + quoted + indent, (start, start + quoted), indent, paragraph)
        start += len(written)


def wrapped_lines(lines: Sequence[Line]) -> Iterator[bool]:
    """Yield for each line whether it was wrapped, so that the next line continues it."""
    paragraphs = [list(own) for _, own in groupby(lines, key=lambda line: line.paragraph)]
    usual = max((width for paragraph in paragraphs for width in _sure_widths(paragraph)), default=0)
    for paragraph in paragraphs:
        width = _width(paragraph, usual=usual if usual >= _NARROWEST else 0)
        in_prose = len(paragraph) == 2 or any(starmap(_surely_wrapped, pairwise(paragraph)))
        for line, following in pairwise(paragraph):
            yield _is_wrapped(line, following, width=width, in_prose=in_prose)
        yield False


def _is_in_sentence(line: Line, following: Line) -> bool:
    """Return whether a line without a closing mark and the start of the next line look like parts of one sentence."""
    if line.text[-1] in CLOSING:
        return False
    words, next_words = line.text.split(), following.text.split(maxsplit=4)[:4]
    lower = sum(word[0].islower() for word in words)
    return len(words) >= 3 and 3 * lower >= len(words) and any(word[0].islower() for word in next_words)


def _is_wrapped(line: Line, following: Line, *, width: int, in_prose: bool) -> bool:
    if _OPENING.match(following.text):
        return False
    if _surely_wrapped(line, following) or (_OPENING.match(line.text) and following.indent > line.indent):
        return True
    ending = _CONNECTING.search(line.text, max(0, len(line.text) - 3))
    if (ending is not None and ending[0].islower()) or _is_full(line, following, width=width):
        return True
    return in_prose and _is_in_sentence(line, following)


def _surely_wrapped(line: Line, following: Line) -> bool:
    """Return whether the next line begins in lower case although the line contains capitals."""
    return following.text[0].islower() and any(map(str.isupper, line.text))


def _is_full(line: Line, following: Line, *, width: int) -> bool:
    """Return whether the next line's first word would have made the line wider than ``width``, or nearly so.

    If ``width`` is 0, the answer is always false.
    """
    return 0 < _SLACK * width < line.width + 1 + len(following.text.split(maxsplit=1)[0])


def _width(paragraph: Sequence[Line], *, usual: int) -> int:
    """Return the width at which a paragraph's lines are wrapped; 0 if they do not seem to be wrapped.

    Args:
        paragraph: lines of the paragraph.
        usual: width of wrapped lines elsewhere in the text, or 0.
    """
    if own := max(_sure_widths(paragraph), default=0):
        return own
    if usual:
        return usual
    widest = max(line.width for line in paragraph)
    full = (_is_full(line, following, width=widest) for line, following in pairwise(paragraph))
    wrapped = _NARROWEST <= widest <= _WIDEST and all(full) and all(map(_is_prose, paragraph[:-1]))
    return widest if wrapped else 0


def _sure_widths(paragraph: Sequence[Line]) -> Iterator[int]:
    for line, following in pairwise(paragraph):
        if line.width >= _NARROWEST_SURE and _surely_wrapped(line, following) and not _OPENING.match(following.text):
            yield line.width


def _is_prose(line: Line) -> bool:
    """Return whether a line looks like prose: it has several words, at least half of them or none in lower case."""
    words = line.text.split()
    lower = sum(word[0].islower() for word in words)
    return len(words) >= _WORDS_OF_PROSE and (2 * lower >= len(words) or lower == 0)
