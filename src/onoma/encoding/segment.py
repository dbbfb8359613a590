"""Segmentation of raw text into words, as in annotated corpora of languages that are written with spaces.

The text is first mapped, character by character, to a *shadow* of equal length in which every character outside ASCII
is replaced by one character for its class (letter, mark, ideograph, symbol, whitespace). One regular expression then
segments the shadow, so that offsets also apply to the text itself and no script needs a separate rule.

Kept whole: ``U.S.``, ``don't``, ``e-mail``, ``O'Brien``, ``AT&T``, ``@user``, ``#tag``, addresses, numbers and dates,
emoticons, emoji with their joiners, a character with its combining marks. Separated: punctuation, the possessive
``'s``, elided articles (``l'``, ``dell'``), each ideograph and kana. Scripts without spaces (Thai, Lao, Khmer, Burmese)
form runs, which :func:`segment` cuts where the tokenizer's pieces begin.

This module is independent of sentences, subword ids and labels.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from onoma.encoding.words import Replacement
from onoma.text import Word

_LOWER, _UPPER, _DIGIT = "a", "A", "0"
_MARK, _JOINER = "\u0301", "\u200d"
_IDEOGRAPH, _RUN = "\u4e00", "\u0e01"
_EMOJI, _FLAG, _OTHER, _BLANK = "\u263a", "\u2691", "\u00a7", " "

# Blocks of scripts that are written without spaces (Unicode 16, Blocks.txt).
_RUN_BLOCKS = [
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x19E0, 0x1A1F),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
]
_IDEOGRAPH_BLOCKS = [
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3041, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
]
_BLOCKS = sorted([(*block, _RUN) for block in _RUN_BLOCKS] + [(*block, _IDEOGRAPH) for block in _IDEOGRAPH_BLOCKS])
_BLOCK_STARTS = [start for start, _, _ in _BLOCKS]

_FULL_WIDTH_BLOCKS = [(0x3000, 0x303F), (0xFF00, 0xFFEF)]
"""Blocks of the punctuation of scripts without spaces, and of letters and digits as wide as ideographs."""


def has_no_space_before(word: str) -> bool:
    """Return whether a word is of a script that is written without spaces: its letters or its punctuation."""
    code = ord(word[0]) if word else 0
    return _find_block(code) is not None or any(first <= code <= last for first, last in _FULL_WIDTH_BLOCKS)


def _find_block(code: int) -> str | None:
    """Return the stand-in of the characters of a block of a script without spaces; None for other code points."""
    block = bisect_right(_BLOCK_STARTS, code) - 1
    return _BLOCKS[block][2] if block >= 0 and code <= _BLOCKS[block][1] else None


class _ShadowTable(dict[int, str]):
    """Table for :meth:`str.translate` from code points to their stand-ins, which are computed when first needed."""

    def __missing__(self, code: int) -> str:
        stand_in = _choose_stand_in(code)
        self[code] = stand_in
        return stand_in


def _choose_stand_in(code: int) -> str:
    character = chr(code)
    category = unicodedata.category(character)
    if code == 0x200D:
        return _JOINER
    if category[0] == "M" or code in (0x200C, 0x00AD) or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:
        return _MARK
    if category[0] == "Z" or category in ("Cc", "Cf"):
        return _BLANK
    if code < 128:
        return character
    if 0x1F1E6 <= code <= 0x1F1FF:
        return _FLAG
    if category[0] in "LN":
        if category != "Nd" and (stand_in := _find_block(code)):
            return stand_in
        return _DIGIT if category == "Nd" else _UPPER if category == "Lu" else _LOWER
    if character in "\u2019\u02bc\uff07":
        return "'"
    if character in "\u2010\u2011":
        return "-"
    return _EMOJI if category == "So" else _OTHER


_SHADOW_TABLE = _ShadowTable()

_LETTER = rf"[A-Za-z0-9_{_MARK}{_JOINER}]"
ABBREVIATIONS = (
    "Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Mt|Ft|Inc|Corp|Ltd|Co|Bros|Gen|Col|Lt|Sgt|Capt|Cmdr|Adm|Rev|Hon|Gov|Sen|Rep|Pres|"
    "INC|LTD|CORP|PVT|BROS|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|No|Nos|vs|etc|al|Ph\\.D|Ave|Blvd|Dept|Univ|Assn"
)
_DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|io|ai|co|uk|us|eu|de|fr|nl|es|it|ch|at|be|se|no|dk|fi|pl|ru|cn|jp|in|br|au|ca|me|"
    "tv|ly|gl"
)

# Limits of addresses; without them, every word of a long text without spaces would search the rest of it for one.
_MAX_LABEL, _MAX_LABELS = 63, 10

_WORD = re.compile(
    rf"""
      {_LETTER}++ (?= \s | \Z | [!?;"] | , (?! [0-9] ) )  # most words: nothing below would cut them otherwise
    | (?i: https?:// | ftp:// | www\. ) [^\s<>"]* [^\s<>"'.,;:!?()\[\]{{}}{_OTHER}]         # address
    | {_LETTER}[\w.+-]{{0,{_MAX_LABEL}}} @ [\w-]+ (?: \.[\w-]+ )+                            # e-mail address
    | (?: [A-Za-z0-9-]{{1,{_MAX_LABEL}}}+\. ){{1,{_MAX_LABELS}}} (?i: {_DOMAINS} ) (?! [\w@] | \.\w ) # domain, path
      (?: / [^\s<>"]* [^\s<>"'.,;:!?()\[\]{{}}{_OTHER}] )?
    | [@#] {_LETTER}+                                                                        # @user, #tag
    | & (?: [a-z]{{2,6}} | \#[0-9]{{1,6}} ) ;                                                # &amp; &#39;
    | (?<! \S ) (?: [:;=8xX] [-o^']? [()DPpOo3/\\|\[\]]+ | <3+ | [Tt]_[Tt] | \^_+\^ ) (?! \S )  # emoticons
    | {_FLAG}{_FLAG}?
    | {_EMOJI}{_MARK}* (?: {_JOINER}{_EMOJI}{_MARK}* )*
    | (?: [A-Za-z]\. ){{2,}} (?: -{_LETTER}+ )*                                              # U.S., U.S.-led
    | (?: {ABBREVIATIONS} ) \. (?! {_LETTER}+\. ) (?= \s | {_LETTER} | , | \.(?!\.) )       # Mr.
    | [A-Z]\. (?= \s [A-Z] )                                                                 # an initial: J. Smith
    | (?: l|d|j|m|t|n|s|c|qu|dell|all|nell|dall|sull ) ' {_MARK}* (?= {_LETTER}{{2}} )        # elided: l'Italie
    | {_LETTER}+ (?: (?: (?! ' {_MARK}* s (?! {_LETTER} ) | &[a-z]{{2,6}}; ) ['&-]           # don't, AT&T, e-mail
                       | [.,:/] (?= [0-9] ) (?<= [0-9]. ) ) {_LETTER}+ )*                    # 1,234.5
    | ' {_MARK}* s (?! {_LETTER} )
    | {_IDEOGRAPH} [{_MARK}{_JOINER}]*
    | {_RUN} [{_RUN}{_MARK}{_JOINER}]*
    | \.{{2,}} | -{{2,}} | [!?]+
    | \S [{_MARK}{_JOINER}]*
    """,
    re.VERBOSE,
)

Pieces = Callable[[str], Sequence[int]]
"""Function that returns the offsets at which the pieces of a run begin."""


def segment(text: str, *, pieces: Pieces | None = None) -> tuple[Word, ...]:
    """Segment a raw text into words.

    Args:
        text: any text; whitespace, control characters and direction marks never belong to a word.
        pieces: function that cuts a run of a script without spaces, usually into the tokenizer's pieces; None keeps
            runs whole.

    Returns:
        Words in order, without overlap; only whitespace, control characters and direction marks are left out.

    >>> [word.text for word in segment("Merkel's plane left the U.S. on 3.10., didn't it?")]
    ['Merkel', "'s", 'plane', 'left', 'the', 'U.S.', 'on', '3.10', '.', ',', "didn't", 'it', '?']
    """
    return tuple(Word(start=start, end=end, text=text[start:end]) for start, end in segment_spans(text, pieces=pieces))


def segment_spans(
    text: str, *, pieces: Pieces | None = None, replacements: Iterable[Replacement] = ()
) -> Iterator[tuple[int, int]]:
    """Iterate over the words of :func:`segment` as half-open ranges of characters.

    Args:
        text: any text.
        pieces: see :func:`segment`.
        replacements: characters that are segmented as if they were another text; in order, without overlap.
    """
    shadow = _apply_replacements(text.translate(_SHADOW_TABLE), replacements)
    spans = map(_get_span, _WORD.finditer(shadow))
    return spans if pieces is None or _RUN not in shadow else _cut_runs(text, shadow, spans, pieces=pieces)


def _apply_replacements(shadow: str, replacements: Iterable[Replacement]) -> str:
    """Return the shadow with the stand-ins of the replacement texts, at the same length."""
    pieces: list[str] = []
    position = 0
    for start, end, text in replacements:
        first = text[:1].translate(_SHADOW_TABLE) or _MARK
        filler = _BLANK if first == _BLANK else _MARK
        pieces += [shadow[position:start], first, filler * (end - start - 1)]
        position = end
    return "".join([*pieces, shadow[position:]]) if pieces else shadow


def _cut_runs(text: str, shadow: str, spans: Iterable[tuple[int, int]], *, pieces: Pieces) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        if shadow[start] == _RUN:
            cuts = {start, *(start + cut for cut in pieces(text[start:end]) if shadow[start + cut] == _RUN)}
            yield from pairwise([*sorted(cuts), end])
        else:
            yield start, end


_get_span = re.Match[str].span
