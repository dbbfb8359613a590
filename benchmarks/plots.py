"""Plots of an HTML page as SVG files for the documentation."""

from __future__ import annotations

import re
from pathlib import Path

FIGURES = Path(__file__).parents[1] / "docs" / "figures"

_COLOURS = re.compile(r":root \{.*?\}", re.DOTALL)
_COLOUR = re.compile(r"--(\w+): ([^;]+);")
_PLOT = re.compile(r'<svg role="img" aria-label="([^"]*)".*?</svg>', re.DOTALL)


def save_plots(page: Path, *, kind: str) -> None:
    """Write the plots of a page whose title begins with ``kind`` to docs/figures, in the page's colours on white."""
    text = page.read_text(encoding="utf-8")
    colours = _COLOURS.search(text)
    assert colours is not None
    FIGURES.mkdir(exist_ok=True)
    for plot in _PLOT.finditer(text):
        if plot[1].startswith(kind):
            svg = plot[0].replace("font-family: inherit", "font-family: sans-serif")
            svg = svg.replace(">", '><rect width="100%" height="100%" fill="#fff"/>', 1)
            for variable, colour in _COLOUR.findall(colours[0]):
                svg = svg.replace(f"var(--{variable})", colour)
            name = re.sub(r"\W+", "-", plot[1]).lower()
            (FIGURES / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")
