"""Documents to what an encoder reads: the one way, for training and tagging alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.encoding.align import Aligner, Subwords
from onoma.encoding.segment import sentence_breaks
from onoma.encoding.window import Window, cut_windows
from onoma.text import Document, Word


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document as the encoder sees it.

    Attributes:
        document: where it comes from.
        words: its words, given or segmented.
        sentences: half-open ranges of words; one that spans all where the document names no bounds.
        subwords: the subwords of the words.
        windows: what is encoded at once.
    """

    document: Document
    words: tuple[Word, ...]
    sentences: tuple[tuple[int, int], ...]
    subwords: Subwords
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Framing:
    """How documents are cut for an encoder.

    Attributes:
        aligner: words to subwords.
        window: subwords of a window, special pieces included.
        overlap: subwords that neighbouring windows share.
    """

    aligner: Aligner
    window: int
    overlap: int

    def encode(self, documents: Sequence[Document]) -> list[Encoded]:
        """Cut documents into words, subwords and windows."""
        words = [self.aligner.words(document) for document in documents]
        return [
            self._encode(document, own, subwords)
            for document, own, subwords in zip(documents, words, self.aligner.subwords(words), strict=True)
        ]

    def row(self, encoded: Encoded, window: Window) -> NDArray[np.int32]:
        """The ids of a window with the special pieces around them."""
        bounds = encoded.subwords.bounds
        inside = encoded.subwords.ids[bounds[window.start] : bounds[window.end]]
        return np.concatenate([self.aligner.prefix, inside, self.aligner.suffix]).astype(np.int32)

    def first_subwords(self, encoded: Encoded, window: Window) -> NDArray[np.int64]:
        """Where in :meth:`row` the words that the window answers for have their first subword."""
        bounds = encoded.subwords.bounds
        own = bounds[window.answers_from : window.answers_to]
        inside: NDArray[np.int64] = own - bounds[window.start]
        return inside + len(self.aligner.prefix)

    def _encode(self, document: Document, words: tuple[Word, ...], subwords: Subwords) -> Encoded:
        sentences = _sentences(document, words)
        breaks = [start for start, _ in sentences[1:]] or sentence_breaks(document.text, words)
        budget = self.window - len(self.aligner.prefix) - len(self.aligner.suffix)
        windows = cut_windows(subwords.bounds, budget=budget, overlap=self.overlap, breaks=breaks)
        return Encoded(document, words, sentences, subwords, tuple(windows))


def _sentences(document: Document, words: tuple[Word, ...]) -> tuple[tuple[int, int], ...]:
    """The document's sentence bounds in words; words before the first or between two belong to the one before."""
    if not document.sentences or not words:
        return ((0, len(words)),) if words else ()
    starts = np.searchsorted([word.start for word in words], [sentence.start for sentence in document.sentences])
    cuts = sorted({0, *(int(start) for start in starts)} - {len(words)})
    return tuple(zip(cuts, [*cuts[1:], len(words)], strict=True))
