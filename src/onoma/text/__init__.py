"""Data classes of annotated text."""

from onoma.text.document import Document
from onoma.text.joining import join, split_sentences
from onoma.text.shortening import shorten
from onoma.text.spans import Entity, Sentence, Span, Word, words_touched
from onoma.text.surrogates import LONE_SURROGATE, find_lone_surrogate

__all__ = [
    "LONE_SURROGATE",
    "Document",
    "Entity",
    "Sentence",
    "Span",
    "Word",
    "find_lone_surrogate",
    "join",
    "shorten",
    "split_sentences",
    "words_touched",
]
