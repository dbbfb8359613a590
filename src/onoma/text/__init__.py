"""Annotated text as plain data."""

from onoma.text.document import Document
from onoma.text.spans import Entity, Sentence, Span, Word, words_touched

__all__ = ["Document", "Entity", "Sentence", "Span", "Word", "words_touched"]
