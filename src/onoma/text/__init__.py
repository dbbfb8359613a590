"""Annotated text as plain data."""

from onoma.text.document import Document, Entity, Sentence, Span, Word, words_touched

__all__ = ["Document", "Entity", "Sentence", "Span", "Word", "words_touched"]
