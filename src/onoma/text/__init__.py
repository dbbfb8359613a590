"""Data classes of annotated text."""

from onoma.text.document import Document
from onoma.text.joining import join, split_sentences
from onoma.text.spans import Entity, Sentence, Span, Word, words_touched
from onoma.text.surrogates import HALF_PAIR, half_pair

__all__ = [
    "HALF_PAIR",
    "Document",
    "Entity",
    "Sentence",
    "Span",
    "Word",
    "half_pair",
    "join",
    "split_sentences",
    "words_touched",
]
