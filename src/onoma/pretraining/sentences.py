"""Raw text to sentences, by rules for many languages and none of words that would have to be learned.

A mark such as ``.``, ``?`` or ``؟`` ends a sentence where a blank follows and then no lower case; ``。`` and ``।`` end
one wherever they stand. Closing quotes and brackets belong to the sentence before them. After an abbreviation, an
initial or the number of a list item a full stop ends nothing. A line end does where the line was not wrapped.

This module does not know files, documents or subwords.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from onoma.encoding.lines import lines_of, wrapped_lines
from onoma.encoding.segment import ABBREVIATIONS

LONGEST_SENTENCE = 2_000
"""Characters; a longer sentence is cut at a blank, or anywhere where it has none."""

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
"""So many characters before a full stop show the word that it belongs to, and whether that begins a sentence."""


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
"""Words that hardly stand in capitals except at the beginning of a sentence."""

_GERMAN_MONTHS = _words(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember Jahrhundert"
)
_LAST_BLANK = re.compile(r"\s(?=\S*$)")


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, without the blanks around them; a line end within one is a blank.

    Every character that is not blank is in one of them, in order.

    >>> split_sentences("Dr. Smith met J. Doe in the U.S. They spoke. “Why?” he asked.")
    ['Dr. Smith met J. Doe in the U.S.', 'They spoke.', '“Why?” he asked.']
    """
    return pieces_between(text, sentence_ends(text))


def sentence_ends(text: str) -> list[int]:
    """The characters behind the sentences of a text, in order; not that behind the last one."""
    ends = _ends_at_marks(text)
    return sorted([*ends, *_line_bounds(text)]) if "\n" in text else ends


def whole_line_ends(text: str) -> list[int]:
    """The same for a text in which no line goes on in the next one."""
    ends = _ends_at_marks(text)
    return sorted([*ends, *line_ends(text)]) if "\n" in text else ends


def line_ends(text: str) -> list[int]:
    """The same for a text in which each line is a sentence."""
    return [match.end() for match in re.finditer("\n", text)]


def pieces_between(text: str, cuts: Iterable[int]) -> list[str]:
    """What lies between characters of a text, as sentences; nothing is left out but blanks.

    Args:
        text: the text.
        cuts: before which characters it is cut; ascending.
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
    """Whether lines, none of them blank, have a sentence each: nearly all end like one, and few hold another end."""
    count = ending = inside = 0
    for line in lines:
        count += 1
        ending += _LINE_END.search(line, max(0, len(line) - 16)) is not None
        inside += len(split_sentences(line)) - 1
    return count >= 2 and ending >= 0.8 * count and inside <= 0.25 * count


def are_wrapped(lines: Sequence[str]) -> bool:
    """Whether lines were wrapped: most that have another one below are full, so that its first word had no room.

    A whole file tells better than a paragraph. Lines that are too few to judge may have been wrapped.
    """
    pairs = [(len(line), len(below.split(maxsplit=1)[0])) for line, below in pairwise(lines) if line and below.strip()]
    if len(pairs) < _FEWEST_JUDGED:
        return True
    widths = sorted(width for width, _ in pairs)
    usual = widths[len(widths) * 49 // 50]
    full = sum(width + 1 + word > _FULL * usual for width, word in pairs)
    return 2 * full > len(pairs)


def _cut(sentence: str) -> Iterator[str]:
    """The pieces of a sentence that is too long."""
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
    """The sentence as one line."""
    return " ".join(filter(None, map(str.strip, sentence.split("\n"))))


def last_blank(text: str, start: int, end: int) -> int:
    """Where the last blank in a range of a text is; the range's end where there is none."""
    found = _LAST_BLANK.search(text, start, end)
    return found.start() if found else end


def _line_bounds(text: str) -> Iterator[int]:
    """Where the lines begin that do not continue the one before."""
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
    """Whether a full stop ends a sentence, judged by the word before and the one behind."""
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
