"""Plain numbers -> pictures in SVG, drawn by matplotlib, for a page.

Colours are those of the page: matplotlib draws in placeholders, which become variables of the page's style, so that a
picture is dark where the page is dark. Text stays text. This module does not know what its numbers mean.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from io import StringIO
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

from onoma.errors import needing
from onoma.text.colours import COLOURS
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
_SMALLEST_AREA, _LARGEST_AREA = 12.0, 900.0
"""Of a dot, in square points: what is added to all, and what the largest has beside it."""


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


class ScatterPoint(NamedTuple):
    """A dot at two values, with an area that stands for a third, of which only ratios are seen."""

    name: str
    x: float
    y: float
    size: float


class CurveWithForecast(NamedTuple):
    """A line through points with the interval around each, and how it is expected to go on.

    Attributes:
        name: what it belongs to.
        x, y: the points, x rising.
        deviations: how far each point strays to either side.
        ahead: further points, each with its lower and upper bound: ``(x, y, low, high)``.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    deviations: Sequence[float]
    ahead: Sequence[tuple[float, float, float, float]] = ()


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


def scatter(points: Sequence[ScatterPoint], *, front: Sequence[str], title: str, axes_names: tuple[str, str]) -> str:
    """A dot for each point, x on a logarithmic scale, and a line through those of a front.

    Args:
        points: what is drawn.
        front: the names of the points through which the line goes.
        title: what the picture says, for those who do not see it.
        axes_names: what x and y are.
    """
    with _styled():
        figure = _figure(height=3.6, width=5.0)
        axes = figure.subplots()
        through = sorted((point.x, point.y) for point in points if point.name in front)
        axes.plot([x for x, _ in through], [y for _, y in through], color=_PREDICTED, linewidth=1.5, zorder=1)
        largest = max(point.size for point in points)
        areas = [_SMALLEST_AREA + _LARGEST_AREA * point.size / largest for point in points]
        colours = [_PREDICTED if point.name in front else _GOLD for point in points]
        at = [point.x for point in points], [point.y for point in points]
        axes.scatter(*at, s=areas, color=colours, alpha=0.65, zorder=2)
        for point, area in zip(points, areas, strict=True):
            away = 3 + math.sqrt(area) / 2
            axes.annotate(
                _short(point.name), (point.x, point.y), xytext=(0, away), textcoords="offset points", ha="center"
            )
        axes.set(xscale="log", xlabel=axes_names[0], ylabel=axes_names[1])
        axes.margins(0.2)
        _plain_numbers(axes)
        return _drawn(figure, title=title)


def learning_curves(lines: Sequence[CurveWithForecast], *, title: str, axes_names: tuple[str, str]) -> str:
    """Lines, x on a logarithmic scale: solid through what was measured, dashed to what is forecast, with intervals.

    Args:
        lines: each in a colour of its own as long as there are some.
        title: what the picture says, for those who do not see it.
        axes_names: what x and y are.
    """
    with _styled():
        figure = _figure(height=3.6, width=5.0)
        axes = figure.subplots()
        for line, colour in zip(lines, cycle(COLOURS)):
            axes.errorbar(
                line.x, line.y, yerr=line.deviations, label=_short(line.name), color=colour, marker="o", markersize=4,
                linewidth=1.5, capsize=2,
            )  # fmt: skip
            if line.ahead:
                x, y, low, high = zip((line.x[-1], line.y[-1], line.y[-1], line.y[-1]), *line.ahead, strict=True)
                axes.plot(x, y, color=colour, linestyle="--", linewidth=1.5)
                axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set(xscale="log", xlabel=axes_names[0], ylabel=axes_names[1])
        _plain_numbers(axes)
        figure.legend(loc="outside upper left", ncols=2, handlelength=2.4)
        return _drawn(figure, title=title)


def _plain_numbers(axes: Axes) -> None:
    """Numbers of a logarithmic x as they are, and not too many of them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if high > 5 * low else MaxNLocator(5))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


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
