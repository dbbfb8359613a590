"""SVG plots for HTML pages, drawn with matplotlib.

The plots use the page's colours: matplotlib draws with placeholder colours, which are replaced by CSS variables of the
page, so that a plot is dark on a dark page. Text remains text. This module is independent of the meaning of the
numbers.
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

from onoma.errors import optional_import
from onoma.text.colours import COLOURS
from onoma.text.markup import escaped, printable
from onoma.text.shortening import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _SOFT, _LINE, _GOLD, _PREDICTED = "#010101", "#020202", "#030303", "#040404", "#050505"
_CSS_VARIABLES = {
    _INK: "var(--ink)",
    _SOFT: "var(--soft)",
    _LINE: "var(--line)",
    _GOLD: "var(--gold)",
    _PREDICTED: "var(--predicted)",
}
_ROW_INCHES, _MARGIN_INCHES = 0.27, 0.55
"""Height of a row, and of the space above and below all rows together, in inches."""

_ID_POSITIONS = re.compile(r'(?<= id=")|(?<=href="#)|(?<=url\(#)')
_FONT_FAMILY = re.compile(r'font-family: [^;"]*')
_STYLE_ELEMENT = re.compile(r"<style.*?</style>", re.DOTALL)
_MAX_POINTS = 400
_MIN_AREA, _EXTRA_AREA = 12.0, 900.0
"""Area of a dot in square points: the minimum, and the area that the largest dot has in addition to it."""


class PlotRow(NamedTuple):
    """A named value, with the interval around it if it has one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


class Curve(NamedTuple):
    """A named line through points, with ascending x."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


class ScatterPoint(NamedTuple):
    """A named dot at ``(x, y)``, whose area shows ``size`` relative to the largest size."""

    name: str
    x: float
    y: float
    size: float


class CurveWithFit(NamedTuple):
    """A line through measured points with error bars, and the curve that is fitted to them.

    Attributes:
        name: name of the line.
        x, y: the points, with ascending x.
        deviations: half the length of each point's error bar.
        fit: points of the fitted curve, each with its lower and upper bound: ``(x, y, low, high)``.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    deviations: Sequence[float]
    fit: Sequence[tuple[float, float, float, float]] = ()


def require_matplotlib() -> None:
    """Check that plots can be drawn.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    with optional_import("a report page (--report)", extra="report"):
        import_module("matplotlib")


def dots(rows: Sequence[PlotRow], *, title: str, axis: str, zero: bool = False) -> str:
    """Return a plot with a dot and an interval for each row, the first row at the top.

    Args:
        rows: values to draw.
        title: description of the plot for screen readers.
        axis: label of the value axis.
        zero: whether to draw a line at 0, for differences.
    """
    with _plot_style():
        figure, axes = _make_row_axes([row.name for row in rows], axis=axis)
        for position, row in enumerate(rows):
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [position, position], color=_GOLD, linewidth=1.5, solid_capstyle="butt")
        axes.plot([row.value for row in rows], list(range(len(rows))), "o", color=_GOLD, markersize=5)
        if zero:
            axes.axvline(0, color=_SOFT, linewidth=1)
        return _to_svg(figure, title=title)


def bars(rows: Sequence[PlotRow], *, title: str, axis: str, most: float | None = None) -> str:
    """Return a bar chart with each row's value written after its bar, the first row at the top.

    Args:
        rows: values to draw; their intervals are ignored.
        title: description of the plot for screen readers.
        axis: label of the value axis.
        most: upper end of the axis; None for slightly more than the longest bar.
    """
    with _plot_style():
        figure, axes = _make_row_axes([row.name for row in rows], axis=axis)
        bar_container = axes.barh(range(len(rows)), [row.value for row in rows], color=_GOLD, height=0.62)
        axes.bar_label(bar_container, labels=[f"{row.value:,g}" for row in rows], padding=3, color=_INK)
        axes.set_xlim(0, most or 1.12 * max(1, *(row.value for row in rows)))
        return _to_svg(figure, title=title)


def curves(lines: Sequence[Curve], *, title: str, axes_names: tuple[str, str], diagonal: bool = False) -> str:
    """Return a plot of lines in a square from 0 to 1; the first line is solid, the second dashed.

    Args:
        lines: one or two lines; long ones are thinned out to a few hundred points, more than can be seen.
        title: description of the plot for screen readers.
        axes_names: labels of the x and y axes.
        diagonal: whether to draw the diagonal, and dots on the lines.
    """
    with _plot_style():
        figure = _make_figure(height=3.4, width=3.8)
        axes = figure.subplots()
        if diagonal:
            axes.plot([0, 1], [0, 1], color=_SOFT, linewidth=1, linestyle=(0, (2, 3)))
        marker = "o" if diagonal else ""
        for line, colour, style in zip(lines, (_GOLD, _PREDICTED), ("-", "--"), strict=False):
            step = max(1, len(line.x) // _MAX_POINTS)
            x, y = [*line.x[::step], *line.x[-1:]], [*line.y[::step], *line.y[-1:]]
            axes.plot(x, y, marker=marker, label=line.name, color=colour, linestyle=style, linewidth=1.5, markersize=4)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=axes_names[0], ylabel=axes_names[1])
        if len(lines) > 1:
            figure.legend(loc="outside upper left", ncols=2, handlelength=2.4)
        return _to_svg(figure, title=title)


def scatter(points: Sequence[ScatterPoint], *, front: Sequence[str], title: str, axes_names: tuple[str, str]) -> str:
    """Return a scatter plot with a logarithmic x axis, and a line through the points of a front.

    Args:
        points: points to draw.
        front: names of the points that the line connects.
        title: description of the plot for screen readers.
        axes_names: labels of the x and y axes.
    """
    with _plot_style():
        figure = _make_figure(height=3.6, width=5.0)
        axes = figure.subplots()
        front_points = sorted((point.x, point.y) for point in points if point.name in front)
        axes.plot([x for x, _ in front_points], [y for _, y in front_points], color=_PREDICTED, linewidth=1.5, zorder=1)
        largest = max(point.size for point in points)
        areas = [_MIN_AREA + _EXTRA_AREA * point.size / largest for point in points]
        colours = [_PREDICTED if point.name in front else _GOLD for point in points]
        coordinates = [point.x for point in points], [point.y for point in points]
        axes.scatter(*coordinates, s=areas, color=colours, alpha=0.65, zorder=2)
        for point, area in zip(points, areas, strict=True):
            offset = 3 + math.sqrt(area) / 2
            axes.annotate(
                _shorten(point.name), (point.x, point.y), xytext=(0, offset), textcoords="offset points", ha="center"
            )
        axes.set(xscale="log", xlabel=axes_names[0], ylabel=axes_names[1])
        axes.margins(0.2)
        _use_plain_numbers(axes)
        return _to_svg(figure, title=title)


def learning_curves(lines: Sequence[CurveWithFit], *, title: str, axes_names: tuple[str, str]) -> str:
    """Return a plot of learning curves with a logarithmic x axis: measured points solid, fits dashed.

    Args:
        lines: curves to draw; colours repeat if there are more curves than colours.
        title: description of the plot for screen readers.
        axes_names: labels of the x and y axes.
    """
    with _plot_style():
        figure = _make_figure(height=3.6, width=5.0)
        axes = figure.subplots()
        for line, colour in zip(lines, cycle(COLOURS)):
            axes.errorbar(
                line.x, line.y, yerr=line.deviations, label=_shorten(line.name), color=colour, marker="o", markersize=4,
                linewidth=1.5, capsize=2,
            )  # fmt: skip
            if line.fit:
                x, y, low, high = zip(*line.fit, strict=True)
                axes.plot(x, y, color=colour, linestyle="--", linewidth=1.5)
                axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set(xscale="log", xlabel=axes_names[0], ylabel=axes_names[1])
        _use_plain_numbers(axes)
        figure.legend(loc="outside upper left", ncols=2, handlelength=2.4)
        return _to_svg(figure, title=title)


def _use_plain_numbers(axes: Axes) -> None:
    """Label a logarithmic x axis with a few plain numbers instead of powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if high > 5 * low else MaxNLocator(5))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


def _plot_style() -> AbstractContextManager[None]:
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


def _make_figure(*, height: float, width: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def _make_row_axes(names: Sequence[str], *, axis: str) -> tuple[Figure, Axes]:
    figure = _make_figure(height=_MARGIN_INCHES + _ROW_INCHES * len(names), width=5.0)
    axes = figure.subplots()
    axes.set_yticks(range(len(names)), [_shorten(name) for name in names])
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel=axis)
    axes.tick_params(axis="y", length=0, labelcolor=_INK)
    axes.grid(visible=False, axis="y")
    return figure, axes


def _shorten(name: str, *, max_length: int = 28) -> str:
    return shorten(" ".join(printable(name).split()), max_length=max_length)


def _to_svg(figure: Figure, *, title: str) -> str:
    """Return the figure as an SVG element, with ids that start with the title, since a page has several plots."""
    file = StringIO()
    with warnings.catch_warnings():
        # A label may be in a script that matplotlib's font lacks; the browser draws it in the page's font.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg ") :]
    for placeholder, variable in _CSS_VARIABLES.items():
        svg = svg.replace(placeholder, variable)
    svg = _FONT_FAMILY.sub("font-family: inherit", _STYLE_ELEMENT.sub("", svg))
    svg = _ID_POSITIONS.sub(re.sub(r"\W+", "-", title) + "-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escaped(title)}" ', 1)
