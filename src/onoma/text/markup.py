"""Rendering of documents as HTML: escaping, and highlighting of entities.

The marks of nested entities are nested. An entity that crosses another is split and continued after it, with dashed
edges at the split.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from onoma.text.colours import COLOURS, Palette
from onoma.text.nesting import Opening, walk
from onoma.text.spans import Entity

_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")

NO_MATHJAX_CLASSES = "tex2jax_ignore mathjax_ignore"
"""CSS classes of elements in which a notebook does not interpret dollar signs as mathematics."""

_BLOCK_STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; line-height: 1.9"
_MARK_STYLE = "padding: .1em .3em; border-radius: .3em; color: inherit; background: {hue}26; border: 1px solid {hue}8c"
_LABEL_STYLE = "margin-inline-start: .4em; font-size: .7em; font-weight: 600; unicode-bidi: isolate; user-select: none"
_CONTINUES_STYLE, _CONTINUED_STYLE = "; border-inline-end-style: dashed", "; border-inline-start-style: dashed"


def printable(text: str) -> str:
    """Replace the characters that HTML or UTF-8 cannot represent: NUL and lone surrogates."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(text: str) -> str:
    """Escape a text for HTML, in elements and in attributes."""
    return escape(printable(text)).replace("\r", "&#13;")


def document_block(text: str, entities: Sequence[Entity]) -> str:
    """Return a text with its entities as an HTML element that needs no style sheet, for notebooks."""
    content = marked_text(text, entities, Palette(), inline=True)
    return f'<div class="{NO_MATHJAX_CLASSES}" dir="auto" style="{_BLOCK_STYLE}">{content}</div>'


def marked_text(text: str, entities: Sequence[Entity], palette: Palette, *, inline: bool = False) -> str:
    """Return the text as HTML, with each entity in a ``<mark>`` whose title has the label, score and offsets.

    Args:
        text: the whole text.
        entities: its entities, which may overlap.
        palette: assignment of colours to labels.
        inline: whether to write the colours into the elements. Otherwise a mark has the class ``cN``, where N is the
            index of its colour, and the classes ``continued`` and ``continues`` where its entity was split.
    """
    pieces = []
    for piece in walk(text, entities):
        if isinstance(piece, str):
            pieces.append(escaped(piece))
        elif isinstance(piece, Opening):
            number = palette.number(piece.entity.label)
            attribute = _format_style(piece, number) if inline else _format_classes(piece, number)
            pieces.append(f'<mark {attribute} title="{_format_title(piece.entity)}">')
        elif piece.continues:
            pieces.append("</mark>")
        else:
            style = f' style="{_LABEL_STYLE}"' if inline else ""
            pieces.append(f"<small{style}>{escaped(piece.entity.label)}</small></mark>")
    return "".join(pieces)


def _format_classes(opening: Opening, number: int) -> str:
    return f'class="c{number}{" continued" * opening.continued}{" continues" * opening.continues}"'


def _format_style(opening: Opening, number: int) -> str:
    edges = _CONTINUED_STYLE * opening.continued + _CONTINUES_STYLE * opening.continues
    return f'style="{_MARK_STYLE.format(hue=COLOURS[number])}{edges}"'


def _format_title(entity: Entity) -> str:
    score = "" if entity.score is None else f" {entity.score:.3f}"
    return escaped(f"{entity.label}{score} [{entity.start}, {entity.end})")
