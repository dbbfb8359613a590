"""A document -> text for a terminal, every name with its label after it, in the label's colour or in brackets.

>>> document = Document("Angela Merkel visited Lyon.")
>>> to_terminal(document.with_entities([document.entity(0, 13, "PER")]), colour=False).plain
'[Angela Merkel PER] visited Lyon.'
"""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from onoma.io.terminal import visible
from onoma.text import Document
from onoma.text.colours import Palette
from onoma.text.nesting import Opening, walk

TERMINAL_COLOURS = (
    "red", "bright_blue", "green", "magenta", "yellow", "cyan",
    "bright_red", "blue", "bright_green", "bright_magenta", "color(166)", "color(29)",
)  # fmt: skip
"""A colour for each of ``COLOURS``: those that a terminal's own theme defines, but for the two that pale on white."""

_CUT = "…"


def to_terminal(document: Document, *, colour: bool = True, palette: Palette | None = None) -> Text:
    """The document's text with its entities marked.

    Entities that cross are cut; ``…`` marks the cuts.

    Args:
        colour: mark entities and their labels by colour; if not, by brackets.
        palette: keeps the labels' colours apart over many documents; a new one if not given.
    """
    palette = Palette() if palette is None else palette
    result = Text()
    inside: list[Style] = []
    for piece in walk(document.text, document.entities):
        if isinstance(piece, str):
            style = inside[-1] + Style(bold=True) if inside else Style()
            result.append(visible(piece.replace("\r\n", "\n")), style)
        elif isinstance(piece, Opening):
            inside.append(Style(color=TERMINAL_COLOURS[palette.number(piece.entity.label)]) if colour else Style())
            result.append(("" if colour else "[") + (_CUT if piece.continued else ""), inside[-1])
        else:
            style = inside.pop()
            label = visible(piece.entity.label) + (_CUT if piece.continues else "")
            result.append(" ")
            result.append(f" {label} " if colour else f"{label}]", style + Style(reverse=colour))
    return result
