"""Annotated text as plain data."""

from onoma.text.document import Document
from onoma.text.spans import Entity, Sentence, Span, Word, words_touched
from onoma.text.surrogates import HALF_PAIR, half_pair

__all__ = ["HALF_PAIR", "Document", "Entity", "Sentence", "Span", "Word", "half_pair", "words_touched"]
