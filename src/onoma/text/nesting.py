"""Splitting a text at entity boundaries, with properly nested openings and closings of entities between the pieces.

Entities may nest and cross. An entity that crosses the end of another is split there and continued after it, because
neither HTML nor brackets can cross. This module does not decide how openings and closings are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from onoma.text.spans import Entity


@dataclass(frozen=True, slots=True)
class Opening:
    """Start of an entity, or its continuation after a split (``continued``); it may end at a split (``continues``)."""

    entity: Entity
    continued: bool = False
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """End of an entity, or a split after which it continues (``continues``)."""

    entity: Entity
    continues: bool = False


def walk(text: str, entities: Sequence[Entity]) -> Iterator[str | Opening | Closing]:
    """Yield the non-empty pieces of the text in order, with the openings and closings between them.

    Concatenated, the pieces are the whole text.
    """
    pending = [(entity.start, -entity.end, order, entity) for order, entity in enumerate(entities)]
    heapify(pending)
    open_entities: list[tuple[int, Entity]] = []
    position = 0
    while pending or open_entities:
        start = pending[0][0] if pending else len(text)
        if open_entities and (not pending or open_entities[-1][0] <= start):
            end, entity = open_entities.pop()
            if position < end:
                yield text[position:end]
            position = end
            yield Closing(entity, continues=end < entity.end)
            continue
        _, negative_end, order, entity = heappop(pending)
        end = -negative_end
        if position < start:
            yield text[position:start]
        position = start
        is_split = bool(open_entities) and open_entities[-1][0] < end
        if is_split:
            end = open_entities[-1][0]
            heappush(pending, (end, negative_end, order, entity))
        open_entities.append((end, entity))
        yield Opening(entity, continued=start > entity.start, continues=is_split)
    if position < len(text):
        yield text[position:]
