"""Chunks of words, which may overlap, as layers of BIO tags, for the readers of formats that hold spans of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from onoma.corpora.tagged import longest
from onoma.schemes import SCHEMES, Chunk, encode_tags

_BRACKET = re.compile(r"\(([^()*\s]+)|(\))")


def layered(chunks: Iterable[Chunk], *, length: int) -> tuple[list[str], ...]:
    """As few layers as it takes, the longest chunks first; one layer where there are no chunks."""
    left = list(dict.fromkeys(chunks))
    layers: list[list[str]] = []
    while left or not layers:
        kept, left = longest(left)
        layers.append(encode_tags(kept, length=length, scheme=SCHEMES["BIO"]))
    return tuple(layers)


def bracketed(cells: Sequence[str], *, broken: Callable[[int, str], object]) -> list[Chunk]:
    """The chunks of cells with brackets, as CoNLL-2012 has them: ``(GPE*``, ``*)``, ``(PERSON)``, ``*``.

    Args:
        cells: one for each word.
        broken: called with the position and the cell of a bracket that has no other.
    """
    chunks: list[Chunk] = []
    opened: list[tuple[int, str]] = []
    for position, cell in enumerate(cells):
        for bracket in _BRACKET.finditer(cell):
            if bracket[1]:
                opened.append((position, bracket[1]))
            elif opened:
                start, label = opened.pop()
                chunks.append(Chunk(start, position + 1, label))
            else:
                broken(position, cell)
    for position, _ in opened:
        broken(position, cells[position])
    return chunks
