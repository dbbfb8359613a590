"""Text to what an encoder reads: words, subwords, windows, batches."""

from onoma.encoding.align import Aligner
from onoma.encoding.batch import batch_by_length, pad
from onoma.encoding.encoded import Encoded, Framing
from onoma.encoding.lexicon import Subwords
from onoma.encoding.segment import SentenceBreaks, segment
from onoma.encoding.window import Window, cut_windows
from onoma.encoding.words import WordSpans

__all__ = [
    "Aligner",
    "Encoded",
    "Framing",
    "SentenceBreaks",
    "Subwords",
    "Window",
    "WordSpans",
    "batch_by_length",
    "cut_windows",
    "pad",
    "segment",
]
