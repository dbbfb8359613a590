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

from onoma.schemes import Chunk, has_prefix

_BRACKET = re.compile(r"\(([^()]*)(\)?)|([^()]+)\)")
_DISCONTINUOUS_PART = re.compile(r"(.*?)\[\d+/\d+\]")


@dataclass(frozen=True, slots=True)
class EntityFields:
    """Positions of the name and the type of the entity in a bracket, counted from 0."""

    name: int = 0
    type: int = 1

    @classmethod
    def of(cls, header: str) -> EntityFields:
        """Return the positions given by the value of ``# global.Entity``."""
        names = [name.strip().lower() for name in header.split("-")]
        type_index = next(
            (names.index(each) for each in ("etype", "type", "entity_type", "entity") if each in names), 1
        )
        name_index = next((names.index(each) for each in ("eid", "grp") if each in names), 0)
        return cls(name_index, type_index)


def is_bracketed(value: str) -> bool:
    """Return whether a value of ``Entity`` is in bracket notation and not a tag."""
    return value.startswith("(") or (value.endswith(")") and not has_prefix(value))


def parse_mentions(
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
    open_mentions: dict[str, list[tuple[int, str, str]]] = {}
    for position, cell in cells:
        for match in _BRACKET.finditer(cell):
            if match[3] is not None:
                closing_parts = match[3].split("-")
                stack = open_mentions.get(closing_parts[fields.name if fields.name < len(closing_parts) else 0], [])
                if not stack:
                    broken(position, match[0])
                    continue
                start, label, bracket = stack.pop()
                _add_mention(chunks, Chunk(start, position + 1, label), bracket, broken)
                continue
            parts = match[1].split("-")
            name = parts[fields.name] if fields.name < len(parts) else ""
            label = parts[fields.type] if fields.type < len(parts) else ""
            if _DISCONTINUOUS_PART.fullmatch(name):
                label = ""
            if match[2]:
                _add_mention(chunks, Chunk(position, position + 1, label), match[0], broken)
            else:
                open_mentions.setdefault(name, []).append((position, label, match[0]))
    for start, _, bracket in (each for stack in open_mentions.values() for each in stack):
        broken(start, bracket)
    return chunks


def _add_mention(chunks: list[Chunk], chunk: Chunk, bracket: str, broken: Callable[[int, str], object]) -> None:
    if chunk.label in ("", "_"):
        broken(chunk.start, bracket)
    else:
        chunks.append(chunk)
