"""A text with entities -> the text cut at entity bounds, with properly nested openings and closings between the pieces.

Entities may nest and cross. One that crosses the end of another is cut there and continues after it, because neither
HTML nor brackets can cross. This module does not know what an opening looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from onoma.text.spans import Entity


@dataclass(frozen=True, slots=True)
class Opening:
    """An entity begins here, or continues after a cut (``continued``), perhaps up to a cut (``continues``)."""

    entity: Entity
    continued: bool = False
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """An entity ends here, or is cut and continues afterwards (``continues``)."""

    entity: Entity
    continues: bool = False


def walk(text: str, entities: Sequence[Entity]) -> Iterator[str | Opening | Closing]:
    """The pieces of the text in order, none of them empty, and what opens and closes between them.

    Joined, the pieces of text are the whole text.
    """
    waiting = [(entity.start, -entity.end, order, entity) for order, entity in enumerate(entities)]
    heapify(waiting)
    open_entities: list[tuple[int, Entity]] = []
    position = 0
    while waiting or open_entities:
        start = waiting[0][0] if waiting else len(text)
        if open_entities and (not waiting or open_entities[-1][0] <= start):
            end, entity = open_entities.pop()
            if position < end:
                yield text[position:end]
            position = end
            yield Closing(entity, continues=end < entity.end)
            continue
        _, negative_end, order, entity = heappop(waiting)
        end = -negative_end
        if position < start:
            yield text[position:start]
        position = start
        cut = bool(open_entities) and open_entities[-1][0] < end
        if cut:
            end = open_entities[-1][0]
            heappush(waiting, (end, negative_end, order, entity))
        open_entities.append((end, entity))
        yield Opening(entity, continued=start > entity.start, continues=cut)
    if position < len(text):
        yield text[position:]
