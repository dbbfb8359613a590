"""Conversion of text into encoder inputs: words, subwords, windows, batches."""

from onoma.encoding.batch import batch_by_length, pad
from onoma.encoding.segment import segment
from onoma.encoding.sentence_breaks import SentenceBreaks
from onoma.encoding.subword_cache import Subwords
from onoma.encoding.subword_encoder import SubwordEncoder
from onoma.encoding.windower import Encoded, Window, Windower, cut_windows
from onoma.encoding.word_windower import WordWindower
from onoma.encoding.words import WordSpans

__all__ = [
    "SubwordEncoder",
    "Encoded",
    "Windower",
    "SentenceBreaks",
    "Subwords",
    "Window",
    "WordSpans",
    "WordWindower",
    "batch_by_length",
    "cut_windows",
    "pad",
    "segment",
]
