"""A document as text for the terminal, with each entity's label after it, in the label's colour or in brackets.

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
"""A terminal colour for each of ``COLOURS``, from the terminal's theme; the last two replace ones too pale on white."""

_SPLIT_MARK = "…"


def to_terminal(document: Document, *, colour: bool = True, palette: Palette | None = None) -> Text:
    """Return the document's text with its entities marked.

    Entities that cross are split; ``…`` marks the splits.

    Args:
        document: the document.
        colour: whether to mark entities and their labels by colour; otherwise by brackets.
        palette: keeps the labels' colours distinct over several documents; by default a new one.
    """
    palette = Palette() if palette is None else palette
    result = Text()
    open_styles: list[Style] = []
    for piece in walk(document.text, document.entities):
        if isinstance(piece, str):
            style = open_styles[-1] + Style(bold=True) if open_styles else Style()
            result.append(visible(piece.replace("\r\n", "\n")), style)
        elif isinstance(piece, Opening):
            open_styles.append(Style(color=TERMINAL_COLOURS[palette.number(piece.entity.label)]) if colour else Style())
            result.append(("" if colour else "[") + (_SPLIT_MARK if piece.continued else ""), open_styles[-1])
        else:
            style = open_styles.pop()
            label = visible(piece.entity.label) + (_SPLIT_MARK if piece.continues else "")
            result.append(" ")
            result.append(f" {label} " if colour else f"{label}]", style + Style(reverse=colour))
    return result
