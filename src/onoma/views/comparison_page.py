"""Self-contained HTML page of a comparison of candidates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from onoma.experiments import Comparison, Forecast, LearningCurve, MeanAndDeviation, fitted_curve
from onoma.io.files import replacing
from onoma.text.markup import escaped
from onoma.views.candidates import (
    COSTS,
    TESTS,
    WORDS,
    choices,
    failures,
    forecasts,
    machine,
    rows_at_largest_size,
    tables_of,
    title_of,
)
from onoma.views.figures_page import report_head
from onoma.views.markup import beside, paragraph, picture, section, table
from onoma.views.plots import CurveWithFit, ScatterPoint, learning_curves, require_matplotlib, scatter

_STYLE = "td.words, th.words { min-width: 0; }\n"
"""The only words in a table are the marks of its best rows, which are short."""


def write_comparison_page(path: Path, comparison: Comparison, *, title: str) -> None:
    """Write :func:`comparison_page` to a file, which appears only when it is complete.

    Raises:
        MissingExtraError: matplotlib is not installed.
        CorpusError: the file cannot be written.
    """
    require_matplotlib()
    with replacing(path, parents=True) as file:
        file.writelines(comparison_page(comparison, title=title))


def comparison_page(comparison: Comparison, *, title: str) -> Iterator[str]:
    """Yield a page with all tables, plots of F1 against speed, and learning curves, in chunks."""
    yield report_head(title, style=_STYLE)
    yield f'<h1 dir="auto">{escaped(title)}</h1>\n'
    yield from map(paragraph, choices(comparison))
    yield from map(paragraph, _describe_measurements(comparison))
    yield section("candidates", "Candidates", *_tables(comparison))
    yield from _cost_section(comparison)
    yield from _learning_curve_section(comparison)
    yield "</body>\n</html>\n"


def _describe_measurements(comparison: Comparison) -> Iterator[str]:
    yield TESTS
    if any(row.speed is not None for row in comparison.rows):
        yield COSTS
    yield f"Times and costs were {machine(comparison)}."
    yield from (f"Note: {note}." for note in comparison.notes)
    yield from failures(comparison)


def _tables(comparison: Comparison) -> Iterator[str]:
    for each in tables_of(comparison):
        yield table(each.head, each.cells, words=WORDS, about=each.title)


def _cost_section(comparison: Comparison) -> Iterator[str]:
    """Yield a section with plots of F1 against words per second, one for each corpus."""
    pictures = []
    for corpus in comparison.chosen:
        rows = [
            row for row in rows_at_largest_size(comparison, corpus) if row.dev is not None and row.speed is not None
        ]
        points = [
            ScatterPoint(row.candidate, row.speed.words_per_second, 100 * row.dev.mean, row.speed.size)
            for row in rows
            if row.dev is not None and row.speed is not None
        ]
        if points:
            front = [row.candidate for row in rows if row.on_front]
            svg = scatter(
                points,
                front=front,
                title=f"F1 against words per second, {title_of(rows)}",
                axes_names=("words per second", "F1 on dev in %"),
            )
            pictures.append(picture(svg, heading=title_of(rows)))
    if pictures:
        explanation = "The area of a dot is the size of the model. The line goes through the Pareto front."
        yield section("costs", "F1 against speed", paragraph(explanation), beside(*pictures))


def _learning_curve_section(comparison: Comparison) -> Iterator[str]:
    """Yield a section with plots of learning curves, one for each corpus."""
    pictures = []
    for corpus in comparison.chosen:
        lines = [_to_plot_curve(curve) for curve in comparison.curves if curve.corpus == corpus]
        if lines:
            title = f"Learning curves, {corpus}"
            svg = learning_curves(lines, title=title, axes_names=("sentences", "F1 on dev in %"))
            pictures.append(picture(svg, heading=corpus))
    if pictures:
        explanation = (
            "A dot is the mean of the runs of one size, its bar their standard deviation. The dashed line is the "
            "power law that F1 is forecast by, and one more run of a size is expected in the shaded area (95 %)."
        )
        yield section(
            "curves",
            "Learning curves",
            paragraph(explanation),
            beside(*pictures),
            *map(paragraph, forecasts(comparison)),
        )


def _to_plot_curve(curve: LearningCurve) -> CurveWithFit:
    fit: list[Forecast] = []
    if curve.forecasts:
        end = curve.forecasts[-1].sentences
        fit = fitted_curve(curve.runs, end=end, dev=curve.dev)
    scores = {size: MeanAndDeviation.of(runs) for size, runs in sorted(curve.runs.items())}
    return CurveWithFit(
        curve.candidate,
        list(scores),
        [100 * score.mean for score in scores.values()],
        [100 * (score.deviation or 0.0) for score in scores.values()],
        [(each.sentences, 100 * each.f1, 100 * each.low, 100 * each.high) for each in fit],
    )
