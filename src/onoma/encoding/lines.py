"""The lines of a raw text, and which of their ends are there only because the line was full.

What tells a wrapped line: its length beside those that were surely wrapped, what it ends with, and what the next one
begins with. In doubt a line was not wrapped.
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
"""What begins a list item or a field of a form."""

_CONNECTING = re.compile(r"(?<!\w)[^\W\d_]{1,3}$")
"""A short word, such as a preposition or an article."""

CLOSING = ".!?…。！？؟।:;"
"""Marks that end a sentence or a part of one."""

_NARROWEST, _WIDEST = 45, 120
"""Characters of wrapped lines; fewer only where the next lines show by their lower case that these were wrapped."""

_NARROWEST_SURE = 30
_SLACK = 0.9
"""Share of the width that a line by hand has at least."""

_WORDS_OF_PROSE = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.

    Attributes:
        text: its content, without quote marks and the blanks around it.
        start: where that is in the whole text.
        quoted: the characters ``[start, end)`` of its quote marks, with the blanks before them.
        indent: characters before it, quote marks not counted.
        paragraph: counts the runs of lines of one depth of quotation, without a blank line between them.
    """

    text: str
    start: int
    quoted: tuple[int, int]
    indent: int
    paragraph: int

    @property
    def width(self) -> int:
        """Characters, indentation included."""
        return self.indent + len(self.text)


def lines_of(text: str) -> Iterator[Line]:
    """The lines of a text that are not blank, in order."""
    start = paragraph = depth = 0
    for written in text.splitlines(keepends=True):
        quote = _QUOTE_MARKS.match(written)
        quoted = quote.end() if quote else 0
        bare = written[quoted:].lstrip()
        content = bare.rstrip()
        marks = written.count(">", 0, quoted)  # a table's row begins with a bar as well
        if not content or marks != depth:
            paragraph, depth = paragraph + 1, marks
        if content:
            indent = len(written) - quoted - len(bare)
            yield Line(content, start + quoted + indent, (start, start + quoted), indent, paragraph)
        start += len(written)


def wrapped_lines(lines: Sequence[Line]) -> Iterator[bool]:
    """For each line whether it was only wrapped, so that the next one continues it."""
    paragraphs = [list(own) for _, own in groupby(lines, key=lambda line: line.paragraph)]
    usual = max((width for paragraph in paragraphs for width in _sure_widths(paragraph)), default=0)
    for paragraph in paragraphs:
        width = _width(paragraph, usual=usual if usual >= _NARROWEST else 0)
        in_prose = len(paragraph) == 2 or any(starmap(_surely_wrapped, pairwise(paragraph)))
        for line, following in pairwise(paragraph):
            yield _is_wrapped(line, following, width=width, in_prose=in_prose)
        yield False


def _is_in_sentence(line: Line, following: Line) -> bool:
    """Whether a line that no mark ends and the beginning of the next one both look like parts of a sentence."""
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
    """Whether the next line goes on in lower case where capitals are in use."""
    return following.text[0].islower() and any(map(str.isupper, line.text))


def _is_full(line: Line, following: Line, *, width: int) -> bool:
    """Whether the next line's first word would have made the line wider than ``width``, or nearly so; never for 0."""
    return 0 < _SLACK * width < line.width + 1 + len(following.text.split(maxsplit=1)[0])


def _width(paragraph: Sequence[Line], *, usual: int) -> int:
    """How wide a paragraph's lines may be; 0 where its lines do not seem to be wrapped.

    Args:
        paragraph: its lines.
        usual: the width elsewhere in the text, or 0.
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
    """Whether it looks like a part of a sentence: most words are in lower case, if any is."""
    words = line.text.split()
    lower = sum(word[0].islower() for word in words)
    return len(words) >= _WORDS_OF_PROSE and (2 * lower >= len(words) or lower == 0)
