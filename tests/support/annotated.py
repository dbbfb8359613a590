"""Documents with entities at given places."""

from __future__ import annotations

from onoma.text import Document

Plain = tuple[int, int, str]
"""Start, end and label of an entity."""


def annotated(text: str, *entities: Plain, id: str = "") -> Document:
    """A text with these entities."""
    document = Document(text, id=id)
    return document.with_entities(document.entity(*entity) for entity in entities)
