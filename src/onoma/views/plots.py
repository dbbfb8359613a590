"""Plain numbers -> pictures in SVG, drawn by matplotlib, for a page.

Colours are those of the page: matplotlib draws in placeholders, which become variables of the page's style, so that a
picture is dark where the page is dark. Text stays text. This module does not know what its numbers mean.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from onoma.errors import needing
from onoma.text.markup import escaped, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _SOFT, _LINE, _GOLD, _PREDICTED = "#010101", "#020202", "#030303", "#040404", "#050505"
_VARIABLES = {
    _INK: "var(--ink)",
    _SOFT: "var(--soft)",
    _LINE: "var(--line)",
    _GOLD: "var(--gold)",
    _PREDICTED: "var(--predicted)",
}
_ROW, _AROUND = 0.27, 0.55
"""Inches of a row, and of what is above and below all rows."""

_IDS = re.compile(r'(?<= id=")|(?<=href="#)|(?<=url\(#)')
_FONT = re.compile(r'font-family: [^;"]*')
_RULES = re.compile(r"<style.*?</style>", re.DOTALL)
_MOST_POINTS = 400


class PlotRow(NamedTuple):
    """A value with the interval around it, and what it belongs to."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


class Curve(NamedTuple):
    """A line through points, x rising."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


def need_plots() -> None:
    """Make sure that pictures can be drawn.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    with needing("a report page (--report)", extra="report"):
        import_module("matplotlib")


def dots(rows: Sequence[PlotRow], *, title: str, axis: str, zero: bool = False) -> str:
    """A dot for each row with its interval, the first row on top.

    Args:
        rows: what is drawn.
        title: what the picture says, for those who do not see it.
        axis: what the values are.
        zero: draw a line at 0, from which differences stray.
    """
    with _styled():
        figure, axes = _rows([row.name for row in rows], axis=axis)
        for place, row in enumerate(rows):
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [place, place], color=_GOLD, linewidth=1.5, solid_capstyle="butt")
        axes.plot([row.value for row in rows], list(range(len(rows))), "o", color=_GOLD, markersize=5)
        if zero:
            axes.axvline(0, color=_SOFT, linewidth=1)
        return _drawn(figure, title=title)


def bars(rows: Sequence[PlotRow], *, title: str, axis: str, most: float | None = None) -> str:
    """A bar for each row with its number after it, the first row on top.

    Args:
        rows: what is drawn; their intervals are not.
        title: what the picture says, for those who do not see it.
        axis: what the values are.
        most: where the axis ends; None for a little beyond the longest bar.
    """
    with _styled():
        figure, axes = _rows([row.name for row in rows], axis=axis)
        drawn = axes.barh(range(len(rows)), [row.value for row in rows], color=_GOLD, height=0.62)
        axes.bar_label(drawn, labels=[f"{row.value:,g}" for row in rows], padding=3, color=_INK)
        axes.set_xlim(0, most or 1.12 * max(1, *(row.value for row in rows)))
        return _drawn(figure, title=title)


def curves(lines: Sequence[Curve], *, title: str, axes_names: tuple[str, str], diagonal: bool = False) -> str:
    """Lines in a square from 0 to 1; the first is solid, the second dashed.

    Args:
        lines: one or two; each keeps some 400 points, which is more than can be seen.
        title: what the picture says, for those who do not see it.
        axes_names: what x and y are.
        diagonal: draw where x is y, and dots on the lines.
    """
    with _styled():
        figure = _figure(height=3.4, width=3.8)
        axes = figure.subplots()
        if diagonal:
            axes.plot([0, 1], [0, 1], color=_SOFT, linewidth=1, linestyle=(0, (2, 3)))
        marker = "o" if diagonal else ""
        for line, colour, style in zip(lines, (_GOLD, _PREDICTED), ("-", "--"), strict=False):
            step = max(1, len(line.x) // _MOST_POINTS)
            x, y = line.x[::step], line.y[::step]
            axes.plot(x, y, marker=marker, label=line.name, color=colour, linestyle=style, linewidth=1.5, markersize=4)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=axes_names[0], ylabel=axes_names[1])
        if len(lines) > 1:
            figure.legend(loc="outside upper left", ncols=2, handlelength=2.4)
        return _drawn(figure, title=title)


def _styled() -> AbstractContextManager[None]:
    from matplotlib import rc_context

    return rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "onoma",
            "font.family": "sans-serif",
            "font.size": 9.0,
            "text.parse_math": False,
            "text.color": _INK,
            "axes.edgecolor": _SOFT,
            "axes.facecolor": "none",
            "axes.labelcolor": _SOFT,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": _LINE,
            "xtick.color": _SOFT,
            "ytick.color": _SOFT,
            "legend.frameon": False,
        }
    )


def _figure(*, height: float, width: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def _rows(names: Sequence[str], *, axis: str) -> tuple[Figure, Axes]:
    figure = _figure(height=_AROUND + _ROW * len(names), width=5.0)
    axes = figure.subplots()
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel=axis)
    axes.tick_params(axis="y", length=0, labelcolor=_INK)
    axes.grid(visible=False, axis="y")
    return figure, axes


def _short(name: str, *, longest: int = 28) -> str:
    line = " ".join(printable(name).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _drawn(figure: Figure, *, title: str) -> str:
    """The figure as an element of a page; its names are made its own, since a page has many."""
    file = StringIO()
    with warnings.catch_warnings():
        # matplotlib's own font does not have the label's script; the page's font draws it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg ") :]
    for placeholder, variable in _VARIABLES.items():
        svg = svg.replace(placeholder, variable)
    svg = _FONT.sub("font-family: inherit", _RULES.sub("", svg))
    svg = _IDS.sub(re.sub(r"\W+", "-", title) + "-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escaped(title)}" ', 1)
