"""Conversion of overlapping chunks of words to layers of BIO tags, for readers of formats that hold spans of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from onoma.corpora.tagged import split_longest
from onoma.schemes import SCHEMES, Chunk, encode_tags

_BRACKET = re.compile(r"\(([^()*\s]+)|(\))")


def encode_layers(chunks: Iterable[Chunk], *, length: int) -> tuple[list[str], ...]:
    """Return layers of BIO tags, filled with the longest chunks first; at least one layer, even without chunks."""
    remaining = list(dict.fromkeys(chunks))
    layers: list[list[str]] = []
    while remaining or not layers:
        kept, remaining = split_longest(remaining)
        layers.append(encode_tags(kept, length=length, scheme=SCHEMES["BIO"]))
    return tuple(layers)


def parse_brackets(cells: Sequence[str], *, broken: Callable[[int, str], object]) -> list[Chunk]:
    """Return the chunks of cells in the bracket notation of CoNLL-2012: ``(GPE*``, ``*)``, ``(PERSON)``, ``*``.

    Args:
        cells: one cell for each word.
        broken: called with the position and the cell of an unmatched bracket.
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
