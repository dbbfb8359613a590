"""Encoding of documents for a model that reads words: sentences, which are scored one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from onoma.encoding.preprocessing import read_words
from onoma.encoding.sentence_breaks import SentenceBreaks
from onoma.encoding.subword_cache import Subwords
from onoma.encoding.windower import Encoded, Window, cut_windows
from onoma.encoding.words import WordSpans
from onoma.text import Document

_NO_SUBWORDS = Subwords(np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class WordWindower:
    """Splitter of documents into sentences, and of very long sentences into windows, for a model that reads words.

    Attributes:
        window: maximum number of words per window.
        overlap: maximum number of words that neighbouring windows of a long sentence share.
        structure: as for :class:`~onoma.encoding.Windower`, except that nothing is read twice.
    """

    window: int
    overlap: int
    structure: bool = True

    def words(self, document: Document) -> WordSpans:
        """Return the words given by the document, or those that its text is segmented into."""
        return read_words(document, None, structure=self.structure).words

    def encode(self, documents: Sequence[Document]) -> list[Encoded]:
        """Split documents into words and windows, without subwords."""
        return [self._encode(document) for document in documents]

    def _encode(self, document: Document) -> Encoded:
        reading = read_words(document, None, structure=self.structure)
        has_sentences = document.sentences is not None
        windows = [
            window
            for start, end in reading.sentences
            for first, last in ([(start, end)] if has_sentences else _split_sentences(reading.words, start, end))
            for window in self._cut_windows(first, last)
        ]
        return Encoded(document, reading.words, reading.sentences, _NO_SUBWORDS, tuple(windows))

    def _cut_windows(self, start: int, end: int) -> list[Window]:
        if end - start <= self.window:
            return [Window(start, end, start, end)]
        windows = cut_windows(np.arange(end - start + 1), budget=self.window, overlap=self.overlap)
        return [
            Window(start + each.start, start + each.end, start + each.core_start, start + each.core_end)
            for each in windows
        ]


def _split_sentences(words: WordSpans, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the probable sentences in a unit of raw text, as half-open ranges of words."""
    first, breaks = start, SentenceBreaks(words)
    for position in range(start + 1, end):
        if position in breaks:
            yield first, position
            first = position
    yield first, end
