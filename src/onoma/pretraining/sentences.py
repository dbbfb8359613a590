"""Rule-based sentence splitting of raw text in many languages, without trained parameters.

A mark such as ``.``, ``?`` or ``؟`` ends a sentence if whitespace follows and then no lower-case letter; ``。`` and
``।`` end a sentence anywhere. Closing quotes and brackets belong to the sentence before them. A full stop after an
abbreviation, an initial or the number of a list item does not end a sentence. A line end does, unless the line was
wrapped.

This module is independent of files, documents and subwords.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from onoma.encoding.lines import lines_of, wrapped_lines
from onoma.encoding.segment import ABBREVIATIONS

LONGEST_SENTENCE = 2_000
"""Maximum number of characters in a sentence; a longer one is cut at whitespace, or anywhere if it has none."""

_CLOSERS = r"""["'”’»›)\]}」』】》〉）]"""
_OPENERS = r"""\s"'“‘„«‹(\[{¿¡「『【《（"""
_END = re.compile(
    rf"""(?P<marks> [.!?…؟۔։።။។]+ ) {_CLOSERS}* (?= \s [{_OPENERS}–—-]* (?P<next> [^{_OPENERS}–—-] ) )
       | [。！？｡।॥] [。！？｡।॥!?…]* {_CLOSERS}*""",
    re.VERBOSE,
)
_LINE_END = re.compile(rf"[.!?…؟۔։።။។。！？｡।॥]{_CLOSERS}*\s*$")
_WORD = re.compile(r"\w+")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_ITEM = re.compile(r"\(?(?:\d{1,3}|[ivxIVX]{1,4}|[^\W\d_])")
_FEWEST_JUDGED = 20
_FULL = 0.9
_BEFORE = 32
"""Number of characters inspected before a full stop, to find its word and whether that word begins a sentence."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OFTEN_LAST = _words("Sr Jr Inc Corp Ltd Co Bros INC LTD CORP BROS etc al Ph.D Ave Blvd usw")
_BEFORE_NUMBERS = _words(
    "No Nos Nr no nr Fig Figs Eq Vol Art Sec Ch p pp Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
)
_OTHERS = _words("e.g i.e cf z.B d.h u.a bzw ca approx Hr Fr Hrn Mme Mlle Sra Srta Sig Str Fa Tel Msgr Maj")
_ABBREVIATIONS = frozenset(ABBREVIATIONS.replace("\\", "").split("|")) | _OTHERS
_NEVER_LAST = _words("e.g i.e z.B d.h")
_STARTERS = _words(
    "The This That These Those He She It We They I You In On At But And However A An There If When As For After "
    "His Her Its Their Our My Der Die Das Er Sie Es Wir Le La Les Il Elle El Los Las"
)
"""Words that are rarely capitalised except at the beginning of a sentence."""

_GERMAN_MONTHS = _words(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember Jahrhundert"
)
_LAST_BLANK = re.compile(r"\s(?=\S*$)")


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences without surrounding whitespace; a line end within a sentence becomes a space.

    Only whitespace is dropped; all other characters are kept in order.

    >>> split_sentences("Dr. Smith met J. Doe in the U.S. They spoke. “Why?” he asked.")
    ['Dr. Smith met J. Doe in the U.S.', 'They spoke.', '“Why?” he asked.']
    """
    return pieces_between(text, sentence_ends(text))


def sentence_ends(text: str) -> list[int]:
    """Return the offsets at which the sentences of a text end, in order and without that of the last sentence."""
    ends = _ends_at_marks(text)
    return sorted([*ends, *_line_bounds(text)]) if "\n" in text else ends


def whole_line_ends(text: str) -> list[int]:
    """Return the sentence ends of a text in which no sentence continues in the next line."""
    ends = _ends_at_marks(text)
    return sorted([*ends, *line_ends(text)]) if "\n" in text else ends


def line_ends(text: str) -> list[int]:
    """Return the sentence ends of a text in which each line is one sentence."""
    return [match.end() for match in re.finditer("\n", text)]


def pieces_between(text: str, cuts: Iterable[int]) -> list[str]:
    """Cut a text at the given offsets and return the pieces as sentences; only whitespace is dropped.

    Args:
        text: the text.
        cuts: offsets at which the text is cut, ascending.
    """
    sentences: list[str] = []
    start = 0
    for cut in (*cuts, len(text)):
        sentence = text[start:cut].strip()
        start = cut
        if len(sentence) > LONGEST_SENTENCE:
            sentences += _cut(sentence)
        elif sentence:
            sentences.append(_joined(sentence) if "\n" in sentence else sentence)
    return sentences


def are_sentences(lines: Iterable[str]) -> bool:
    """Return whether each line is one sentence: nearly all lines end like a sentence, and few contain another end.

    Args:
        lines: lines, none of them blank.
    """
    count = ending = inside = 0
    for line in lines:
        count += 1
        ending += _LINE_END.search(line, max(0, len(line) - 16)) is not None
        inside += len(split_sentences(line)) - 1
    return count >= 2 and ending >= 0.8 * count and inside <= 0.25 * count


def are_wrapped(lines: Sequence[str]) -> bool:
    """Return whether lines were wrapped: most are so full that the first word of the next line did not fit.

    A whole file gives a more reliable answer than a paragraph. If there are too few lines to decide, the answer is
    true.
    """
    pairs = [(len(line), len(below.split(maxsplit=1)[0])) for line, below in pairwise(lines) if line and below.strip()]
    if len(pairs) < _FEWEST_JUDGED:
        return True
    widths = sorted(width for width, _ in pairs)
    usual = widths[len(widths) * 49 // 50]
    full = sum(width + 1 + word > _FULL * usual for width, word in pairs)
    return 2 * full > len(pairs)


def _cut(sentence: str) -> Iterator[str]:
    """Yield the pieces of a sentence that is too long."""
    sentence = _joined(sentence)
    start = 0
    while len(sentence) - start > LONGEST_SENTENCE:
        cut = last_blank(sentence, start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        if piece := sentence[start:cut].strip():
            yield piece
        start = cut
    if piece := sentence[start:].strip():
        yield piece


def _joined(sentence: str) -> str:
    """Return the sentence as a single line."""
    return " ".join(filter(None, map(str.strip, sentence.split("\n"))))


def last_blank(text: str, start: int, end: int) -> int:
    """Return the offset of the last whitespace character in a range of a text; the range's end if there is none."""
    found = _LAST_BLANK.search(text, start, end)
    return found.start() if found else end


def _line_bounds(text: str) -> Iterator[int]:
    """Yield the offsets of the lines that do not continue the line before."""
    lines = list(lines_of(text))
    if len(lines) > 1:
        for (_, following), wrapped in zip(pairwise(lines), wrapped_lines(lines), strict=False):
            if not wrapped:
                yield following.quoted[0]


def _ends_at_marks(text: str) -> list[int]:
    without_case = text.islower()
    ends: list[int] = []
    for found in _END.finditer(text):
        marks, following = found.group("marks", "next")
        if marks is None or (
            (without_case or not following.islower()) and (marks != "." or _ends_at_stop(text, found))
        ):
            ends.append(found.end())
    return ends


def _ends_at_stop(text: str, found: re.Match[str]) -> bool:
    """Return whether a full stop ends a sentence, judged by the words before and after it."""
    stop = found.start()
    before = text[max(0, stop - _BEFORE) : stop]
    if not before or before[-1].isspace():
        return True
    written = before.split()[-1]
    word = written.lstrip("\"'“‘„«(\\[¿¡")
    first = before[: len(before) - len(written)].rstrip(" \t")
    if (stop <= _BEFORE or first) and (not first or first[-1] in "\n.!?…") and _ITEM.fullmatch(written):
        return False
    following = _WORD.match(text, found.start("next"))
    after = following[0] if following else ""
    if word in _BEFORE_NUMBERS:
        return not found["next"].isdigit()
    if word in _NEVER_LAST:
        return False
    if word in _OFTEN_LAST or _ACRONYM.fullmatch(word):
        return after in _STARTERS or not after
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isupper()):
        return False
    return not (word.isdigit() and len(word) <= 2 and after in _GERMAN_MONTHS)
