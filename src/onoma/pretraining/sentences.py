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
_MARKS = r"[.!?…؟۔։።။។]"
_SENTENCE_END = re.compile(
    rf"""(?<! {_MARKS} ) (?P<marks> {_MARKS}++ ) {_CLOSERS}*+ (?= \s [{_OPENERS}–—-]* (?P<next> [^{_OPENERS}–—-] ) )
       | [。！？｡।॥] (?: [。！？｡।॥] | {_MARKS} )*+ {_CLOSERS}*+""",
    re.VERBOSE,
)
_FINAL_MARKS = re.compile(rf"[.!?…؟۔։።။។。！？｡।॥]{_CLOSERS}*\s*$")
_WORD = re.compile(r"\w+")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_ITEM_NUMBER = re.compile(r"\(?(?:\d{1,3}|[ivxIVX]{1,4}|[^\W\d_])")
_MIN_LINE_PAIRS = 20
_FULL_LINE_SHARE = 0.9
_INSPECTED_CHARACTERS = 32
"""Number of characters inspected before a full stop, to find its word and whether that word begins a sentence."""


def _split_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OFTEN_FINAL_ABBREVIATIONS = _split_words("Sr Jr Inc Corp Ltd Co Bros INC LTD CORP BROS etc al Ph.D Ave Blvd usw")
_NUMBER_ABBREVIATIONS = _split_words(
    "No Nos Nr no nr Fig Figs Eq Vol Art Sec Ch p pp Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
)
_OTHER_ABBREVIATIONS = _split_words(
    "e.g i.e cf z.B d.h u.a bzw ca approx Hr Fr Hrn Mme Mlle Sra Srta Sig Str Fa Tel Msgr Maj"
)
_ABBREVIATIONS = frozenset(ABBREVIATIONS.replace("\\", "").split("|")) | _OTHER_ABBREVIATIONS
_NEVER_FINAL_ABBREVIATIONS = _split_words("e.g i.e z.B d.h")
_SENTENCE_STARTERS = _split_words(
    "The This That These Those He She It We They I You In On At But And However A An There If When As For After "
    "His Her Its Their Our My Der Die Das Er Sie Es Wir Le La Les Il Elle El Los Las"
)
"""Words that are rarely capitalised except at the beginning of a sentence."""

_GERMAN_MONTHS = _split_words(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember Jahrhundert"
)
_LAST_WHITESPACE = re.compile(r"\s(?=\S*$)")


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences without surrounding whitespace; a line end within a sentence becomes a space.

    Only whitespace is dropped; all other characters are kept in order.

    >>> split_sentences("Dr. Smith met J. Doe in the U.S. They spoke. “Why?” he asked.")
    ['Dr. Smith met J. Doe in the U.S.', 'They spoke.', '“Why?” he asked.']
    """
    return pieces_between(text, sentence_ends(text))


def sentence_ends(text: str) -> list[int]:
    """Return the offsets at which the sentences of a text end, in order and without that of the last sentence."""
    ends = _find_ends_at_marks(text)
    return sorted([*ends, *_find_line_starts(text)]) if "\n" in text else ends


def whole_line_ends(text: str) -> list[int]:
    """Return the sentence ends of a text in which no sentence continues in the next line."""
    ends = _find_ends_at_marks(text)
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
            sentences += _split_long_sentence(sentence)
        elif sentence:
            sentences.append(_join_lines(sentence) if "\n" in sentence else sentence)
    return sentences


def are_sentences(lines: Iterable[str]) -> bool:
    """Return whether each line is one sentence: nearly all lines end like a sentence, and few contain another end.

    Args:
        lines: lines, none of them blank.
    """
    line_count = ended_lines = inner_ends = 0
    for line in lines:
        line_count += 1
        ended_lines += _FINAL_MARKS.search(line, max(0, len(line) - 16)) is not None
        inner_ends += len(split_sentences(line)) - 1
    return line_count >= 2 and ended_lines >= 0.8 * line_count and inner_ends <= 0.25 * line_count


def are_wrapped(lines: Sequence[str]) -> bool:
    """Return whether lines were wrapped: most are so full that the first word of the next line did not fit.

    A whole file gives a more reliable answer than a paragraph. If there are too few lines to decide, the answer is
    true.
    """
    pairs = [
        (len(line), len(next_line.split(maxsplit=1)[0]))
        for line, next_line in pairwise(lines)
        if line and next_line.strip()
    ]
    if len(pairs) < _MIN_LINE_PAIRS:
        return True
    widths = sorted(width for width, _ in pairs)
    typical_width = widths[len(widths) * 49 // 50]
    full_lines = sum(width + 1 + word > _FULL_LINE_SHARE * typical_width for width, word in pairs)
    return 2 * full_lines > len(pairs)


def _split_long_sentence(sentence: str) -> Iterator[str]:
    """Yield the pieces of a sentence that is too long."""
    sentence = _join_lines(sentence)
    start = 0
    while len(sentence) - start > LONGEST_SENTENCE:
        cut = last_blank(sentence, start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        if piece := sentence[start:cut].strip():
            yield piece
        start = cut
    if piece := sentence[start:].strip():
        yield piece


def _join_lines(sentence: str) -> str:
    """Return the sentence as a single line."""
    return " ".join(filter(None, map(str.strip, sentence.split("\n"))))


def last_blank(text: str, start: int, end: int) -> int:
    """Return the offset of the last whitespace character in a range of a text; the range's end if there is none."""
    match = _LAST_WHITESPACE.search(text, start, end)
    return match.start() if match else end


def _find_line_starts(text: str) -> Iterator[int]:
    """Yield the offsets of the lines that do not continue the line before."""
    lines = list(lines_of(text))
    if len(lines) > 1:
        for (_, next_line), is_wrapped in zip(pairwise(lines), wrapped_lines(lines), strict=False):
            if not is_wrapped:
                yield next_line.quoted[0]


def _find_ends_at_marks(text: str) -> list[int]:
    is_lower = text.islower()
    ends: list[int] = []
    for match in _SENTENCE_END.finditer(text):
        marks, next_character = match.group("marks", "next")
        if marks is None or (
            (is_lower or not next_character.islower()) and (marks != "." or _is_final_stop(text, match))
        ):
            ends.append(match.end())
    return ends


def _is_final_stop(text: str, match: re.Match[str]) -> bool:
    """Return whether a full stop ends a sentence, judged by the words before and after it."""
    stop = match.start()
    before = text[max(0, stop - _INSPECTED_CHARACTERS) : stop]
    if not before or before[-1].isspace():
        return True
    token = before.split()[-1]
    word = token.lstrip("\"'“‘„«(\\[¿¡")
    preceding = before[: len(before) - len(token)].rstrip(" \t")
    if (
        (stop <= _INSPECTED_CHARACTERS or preceding)
        and (not preceding or preceding[-1] in "\n.!?…")
        and _ITEM_NUMBER.fullmatch(token)
    ):
        return False
    next_match = _WORD.match(text, match.start("next"))
    next_word = next_match[0] if next_match else ""
    if word in _NUMBER_ABBREVIATIONS:
        return not match["next"].isdigit()
    if word in _NEVER_FINAL_ABBREVIATIONS:
        return False
    if word in _OFTEN_FINAL_ABBREVIATIONS or _ACRONYM.fullmatch(word):
        return next_word in _SENTENCE_STARTERS or not next_word
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isupper()):
        return False
    return not (word.isdigit() and len(word) <= 2 and next_word in _GERMAN_MONTHS)
