"""Parser of bracketed entity mentions in MISC, as in CorefUD and GUM, to chunks of the words of a sentence.

``Entity=(e1-person-1`` opens a mention of an entity, ``Entity=e1)`` closes it, and ``Entity=(e1-person-1)`` does both.
A value may contain several: ``Entity=(e1-person(e2-place)``. ``# global.Entity = eid-etype-head`` says which of the
hyphen-separated parts is the type.

Source: https://ufal.mff.cuni.cz/corefud
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from onoma.schemes import Chunk

_PIECE = re.compile(r"\(([^()]*)(\)?)|([^()]+)\)")
_PART = re.compile(r"(.*?)\[\d+/\d+\]")


@dataclass(frozen=True, slots=True)
class EntityFields:
    """Positions of the name and the type of the entity in a bracket, counted from 0."""

    name: int = 0
    type: int = 1

    @classmethod
    def of(cls, header: str) -> EntityFields:
        """Return the positions given by the value of ``# global.Entity``."""
        names = [name.strip().lower() for name in header.split("-")]
        place = next((names.index(each) for each in ("etype", "type", "entity_type", "entity") if each in names), 1)
        name = next((names.index(each) for each in ("eid", "grp") if each in names), 0)
        return cls(name, place)


def is_bracketed(value: str) -> bool:
    """Return whether a value of ``Entity`` is in bracket notation and not a tag."""
    return value.startswith("(") or value.endswith(")")


def mentions(
    cells: Iterable[tuple[int, str]], fields: EntityFields, *, broken: Callable[[int, str], object]
) -> list[Chunk]:
    """Return the mentions of a sentence.

    Args:
        cells: word positions, each with its value.
        fields: positions of name and type.
        broken: called with the position and text of a mention that is never closed, was never opened, has no type, or
            consists of several parts.
    """
    chunks: list[Chunk] = []
    opened: dict[str, list[tuple[int, str, str]]] = {}
    for position, cell in cells:
        for piece in _PIECE.finditer(cell):
            if piece[3] is not None:
                closing = piece[3].split("-")
                stack = opened.get(closing[fields.name if fields.name < len(closing) else 0], [])
                if not stack:
                    broken(position, piece[0])
                    continue
                start, label, shown = stack.pop()
                _close(chunks, Chunk(start, position + 1, label), shown, broken)
                continue
            parts = piece[1].split("-")
            name = parts[fields.name] if fields.name < len(parts) else ""
            label = parts[fields.type] if fields.type < len(parts) else ""
            if _PART.fullmatch(name):
                label = ""
            if piece[2]:
                _close(chunks, Chunk(position, position + 1, label), piece[0], broken)
            else:
                opened.setdefault(name, []).append((position, label, piece[0]))
    for start, _, shown in (each for stack in opened.values() for each in stack):
        broken(start, shown)
    return chunks


def _close(chunks: list[Chunk], chunk: Chunk, shown: str, broken: Callable[[int, str], object]) -> None:
    if chunk.label in ("", "_"):
        broken(chunk.start, shown)
    else:
        chunks.append(chunk)
