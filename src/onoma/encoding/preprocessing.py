"""Segmentation of documents into words and units, with the spellings in which an encoder reads the words.

Raw text is searched for structure that is obvious to a person: units that no entity crosses, words hyphenated at a line
end, character references, e-mail addresses. A sentence whose case carries no information is read twice: in lower case,
and with each word in its likely case.
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
"""Consecutive half-open ranges of words."""

_WORDS_PER_CALL = 8_192
_MAX_SHORT_UNIT_WORDS = 8
"""Maximum number of words in a unit that gets a full stop; an encoder reads a longer unit as a sentence without one."""

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """Words of a document as the encoder reads them.

    Attributes:
        words: words given by the document, or segmented from its text.
        sentences: ranges of words that no entity crosses: the document's sentences, or else the units of its text.
        second: the same words in the spellings of a second reading; None if there is only one reading.
        twice: whether each word is read twice, ``[words]``; None if there is only one reading.
    """

    words: WordSpans
    sentences: Ranges
    second: WordSpans | None = None
    twice: NDArray[np.bool_] | None = None


def read_words(document: Document, subword_encoder: SubwordEncoder | None, *, structure: bool) -> DocumentWords:
    """Segment a document into words and sentences or units.

    Args:
        document: any document; words and sentences that it gives are kept.
        subword_encoder: cuts scripts without spaces, and tells which case of a word is likely. None for a model that
            reads words: then runs of such scripts are not cut, no unit gets a full stop, and nothing is read twice.
        structure: whether to search raw text for units, hyphenated words, character references, addresses and sentences
            without case information; otherwise blank lines separate units, and each word is read as it is written.
    """
    text, document_sentences = document.text, document.sentences
    starts: Sequence[int] = [] if document_sentences is None else [sentence.start for sentence in document_sentences]
    replacements: list[Replacement] = []
    if document_sentences is None and not structure:
        starts = [line.end() for line in _BLANK_LINE.finditer(text)]
    elif document_sentences is None:
        starts, replacements = _find_structure(text)
    if document.words is not None:
        words = WordSpans.given(text, document.words)
    else:
        pieces = None if subword_encoder is None else subword_encoder.pieces
        spans = segment_spans(text, pieces=pieces, replacements=replacements)
        words = WordSpans.of(text, spans).replacing(replacements)
    sentences = _divide_into_ranges(words, starts)
    if not structure or subword_encoder is None:
        return DocumentWords(words, sentences)
    stop_positions = (
        [end - 1 for start, end in sentences[:-1] if end - start <= _MAX_SHORT_UNIT_WORDS]
        if document_sentences is None
        else []
    )
    words = words.with_full_stops(stop_positions)
    caseless_ranges = [np.searchsorted(words.starts, each).tolist() for each in find_caseless(text, starts)]
    if not (caseless_ranges and subword_encoder.is_cased):
        return DocumentWords(words, sentences)
    lower_cases, likely_cases = np.zeros((2, len(words)), dtype=np.uint8)
    for first, last in caseless_ranges:
        lower_cases[first:last] = LOWER
        for start in range(first, last, _WORDS_PER_CALL):
            end = min(last, start + _WORDS_PER_CALL)
            likely_cases[start:end] = _choose_likely_cases(words.texts(start, end), subword_encoder)
    return DocumentWords(
        replace(words, cases=lower_cases), sentences, replace(words, cases=likely_cases), lower_cases == LOWER
    )


def _find_structure(text: str) -> tuple[Sequence[int], list[Replacement]]:
    """Return the offsets at which units begin in a raw text, and the characters to read in another spelling."""
    bounds, addresses = find_bounds(text), list(find_addresses(text))
    starts = sorted({*bounds.units, *(bound for address in addresses for bound in (address.start, address.end))})
    replacements: list[Replacement] = []
    for each in sorted([*bounds.unread, *addresses, *find_escapes(text)]):
        if not replacements or each.start >= replacements[-1].end:
            replacements.append(each)
    return starts, replacements


def _divide_into_ranges(words: WordSpans, starts: Sequence[int]) -> Ranges:
    """Return the ranges of words that begin at the given offsets.

    A range extends to the beginning of the next one. Words before the first offset form a range of their own.
    """
    if not len(words):
        return ()
    if not starts:
        return ((0, len(words)),)
    cuts = sorted({0, *np.searchsorted(words.starts, starts).tolist()} - {len(words)})
    return tuple(zip(cuts, [*cuts[1:], len(words)], strict=True))


def _choose_likely_cases(words: Sequence[str], subword_encoder: SubwordEncoder) -> NDArray[np.uint8]:
    """Return the likely case of each word: capitalised unless its lower-case form has fewer subwords.

    A tokenizer is trained on much text, and splits a word into fewer subwords in the case that is common in this text.
    """
    lower, capitalised = ([in_case(word, case) for word in words] for case in (LOWER, CAPITALISED))
    is_lower = subword_encoder.lengths(lower) < subword_encoder.lengths(capitalised)
    return np.where(is_lower, LOWER, CAPITALISED).astype(np.uint8)
