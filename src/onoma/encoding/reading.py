"""Documents to words and units, with the spellings in which an encoder reads the words.

Raw text is looked through for what a person sees at once: units that no entity crosses, words hyphenated over a line
end, escapes, addresses. A sentence whose case tells nothing is read twice, in lower case and as it is likely meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onoma.encoding.addresses import find_addresses
from onoma.encoding.bounds import find_bounds
from onoma.encoding.casing import CAPITALISED, LOWER, find_caseless, in_case
from onoma.encoding.escapes import find_escapes
from onoma.encoding.segment import segment_spans
from onoma.encoding.subword_encoder import SubwordEncoder
from onoma.encoding.words import Replacement, WordSpans
from onoma.text import Document

Ranges = tuple[tuple[int, int], ...]
"""Half-open ranges of words, one after the other."""

_WORDS_AT_ONCE = 8_192
_SHORT_UNIT = 8
"""Words; a longer unit is a sentence for an encoder also if no full stop ends it."""

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """A document's words as an encoder is to read them.

    Attributes:
        words: given or segmented.
        sentences: ranges that no entity crosses: the document's sentences, or else the units of its text.
        second: the same words in the spellings of a second reading; None where one is enough.
        twice: whether a word is to be read twice, ``[words]``; None where none is.
    """

    words: WordSpans
    sentences: Ranges
    second: WordSpans | None = None
    twice: NDArray[np.bool_] | None = None


def read_words(document: Document, subword_encoder: SubwordEncoder | None, *, structure: bool) -> DocumentWords:
    """Read a document.

    Args:
        document: any; words and sentences that it gives are kept.
        subword_encoder: cuts scripts without blanks, and tells which case of a word is likely. None for a model of
            words, for which runs of such scripts stay whole, no sentence gets a full stop and none is read twice.
        structure: whether to look for all of the above; else blank lines separate units, and each word is read as it is
            written.
    """
    text, given = document.text, document.sentences
    starts: Sequence[int] = [] if given is None else [sentence.start for sentence in given]
    replacements: list[Replacement] = []
    if given is None and not structure:
        starts = [line.end() for line in _BLANK_LINE.finditer(text)]
    elif given is None:
        starts, replacements = _structure(text)
    if document.words is not None:
        words = WordSpans.given(text, document.words)
    else:
        pieces = None if subword_encoder is None else subword_encoder.pieces
        spans = segment_spans(text, pieces=pieces, replacements=replacements)
        words = WordSpans.of(text, spans).replacing(replacements)
    sentences = _ranges(words, starts)
    if not structure or subword_encoder is None:
        return DocumentWords(words, sentences)
    closed = [end - 1 for start, end in sentences[:-1] if end - start <= _SHORT_UNIT] if given is None else []
    words = words.closed_at(closed)
    caseless = [np.searchsorted(words.starts, each).tolist() for each in find_caseless(text, starts)]
    if not (caseless and subword_encoder.is_cased):
        return DocumentWords(words, sentences)
    lower, likely = np.zeros((2, len(words)), dtype=np.uint8)
    for first, last in caseless:
        lower[first:last] = LOWER
        for start in range(first, last, _WORDS_AT_ONCE):
            end = min(last, start + _WORDS_AT_ONCE)
            likely[start:end] = _likely_cases(words.texts(start, end), subword_encoder)
    return DocumentWords(replace(words, cases=lower), sentences, replace(words, cases=likely), lower == LOWER)


def _structure(text: str) -> tuple[Sequence[int], list[Replacement]]:
    """Where units begin in a raw text, and what is to be read otherwise than it is written."""
    bounds, addresses = find_bounds(text), list(find_addresses(text))
    starts = sorted({*bounds.units, *(bound for address in addresses for bound in (address.start, address.end))})
    replacements: list[Replacement] = []
    for each in sorted([*bounds.unread, *addresses, *find_escapes(text)]):
        if not replacements or each.start >= replacements[-1].end:
            replacements.append(each)
    return starts, replacements


def _ranges(words: WordSpans, starts: Sequence[int]) -> Ranges:
    """The words from each of these characters to the next.

    Words before the first or between two belong to the one before.
    """
    if not len(words):
        return ()
    if not starts:
        return ((0, len(words)),)
    cuts = sorted({0, *np.searchsorted(words.starts, starts).tolist()} - {len(words)})
    return tuple(zip(cuts, [*cuts[1:], len(words)], strict=True))


def _likely_cases(words: Sequence[str], subword_encoder: SubwordEncoder) -> NDArray[np.uint8]:
    """The likely case of each word: capitalised unless its lower case has fewer subwords.

    A tokenizer was trained on much text, and has few subwords for a word in the case that is common there.
    """
    lower, capitalised = ([in_case(word, case) for word in words] for case in (LOWER, CAPITALISED))
    is_lower = subword_encoder.lengths(lower) < subword_encoder.lengths(capitalised)
    return np.where(is_lower, LOWER, CAPITALISED).astype(np.uint8)
