"""Sections of the evaluation page that show the report's scores, as tables and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onoma.counting import counted
from onoma.metrics import (
    CONVENTIONS,
    KINDS,
    Against,
    Errors,
    FigureIntervals,
    Point,
    Reliability,
    Report,
    convention_rows,
    label_rows,
    percent,
    percent_range,
    percents,
    spread,
)
from onoma.views.confusion import frequent_labels
from onoma.views.markup import ShadedCell, beside, paragraph, picture, section, table
from onoma.views.plots import Curve, PlotRow, bars, curves, dots

MAX_LABELS = 40
"""Maximum number of labels in a plot or in the confusion matrix; the table of labels has all of them."""

_METRIC_NAMES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}


def headline(report: Report) -> str:
    """Return the exact scores in large type, with their intervals."""
    intervals = report.intervals
    tiles = []
    for name, metric_name in _METRIC_NAMES.items():
        interval = "" if intervals is None else f"<small>{percent_range(getattr(intervals.exact, name))}</small>"
        tiles.append(f"<div><dt>{metric_name}</dt><dd>{percent(getattr(report.exact, name))}{interval}</dd></div>\n")
    counts = (
        f"{report.exact.support:,} gold and {report.exact.predicted:,} predicted entities in "
        f"{counted(report.documents, 'document')}; {report.exact.correct:,g} of them agree in start, end and label. "
        "Figures on this page are in percent unless stated otherwise."
    )
    if intervals is not None:
        counts += (
            f" Below a figure is its {intervals.level:.0%} interval: how far it would vary on other texts of the "
            f"same kind (bootstrap over {intervals.resampled})."
        )
    notes = [paragraph(f"Note: {note}.") for note in report.notes]
    return f'<dl class="tiles">\n{"".join(tiles)}</dl>\n{paragraph(counts)}{"".join(notes)}'


def conventions(report: Report) -> str:
    """Return the scores of all scoring conventions, one row for each."""
    return section(
        "conventions",
        "Scoring conventions",
        table(
            ("", *_METRIC_NAMES.values(), "what is correct"),
            [(row.name, *percents(row.figures), row.meaning) for row in convention_rows(report)],
            words=(4,),
            about="The same predictions by every convention, in %",
        ),
    )


def labels(report: Report) -> str:
    """Return the exact scores of each label."""
    intervals = report.intervals
    rows = []
    for row in label_rows(report):
        *figures, support, interval = row.cells()
        interval_cells = [] if intervals is None else [interval]
        rows.append((row.name, *figures, *interval_cells, support, f"{report.labels[row.name].predicted:,}"))
    interval_heading = [] if intervals is None else [f"F1, {intervals.level:.0%} interval"]
    most_frequent = sorted(report.labels, key=lambda label: -report.labels[label].support)[:MAX_LABELS]
    plot_rows = [_plot_row("all", report.exact.f1, intervals.exact if intervals else None)]
    plot_rows += [
        _plot_row(label, report.labels[label].f1, intervals.labels[label] if intervals else None)
        for label in report.labels
        if label in most_frequent
    ]
    return section(
        "labels",
        "Labels",
        beside(
            table(
                ("label", *_METRIC_NAMES.values(), *interval_heading, "gold", "predicted"),
                rows,
                about="Exact figures by label, in %",
            ),
            picture(dots(plot_rows, title="F1 by label", axis="F1 in %")),
        ),
    )


def errors(found: Errors) -> str:
    """Return the number of errors of each kind, and the confusion matrix of the labels."""
    kinds = table(
        ("kind", "errors", "meaning"),
        [(kind, f"{found.kinds.get(kind, 0):,}", meaning) for kind, meaning in KINDS.items()],
        words=(2,),
        about="Errors by kind",
    )
    plot_rows = [PlotRow(kind, found.kinds.get(kind, 0)) for kind in KINDS]
    return section(
        "errors",
        "Errors",
        beside(kinds, picture(bars(plot_rows, title="Errors by kind", axis="errors"))),
        _confusion_table(found.confusion),
    )


def groups(found: Errors) -> str:
    """Return the exact scores of groups of entities with a common property, such as their length."""
    parts = []
    for name, group in found.groups.items():
        rows = [(value, *percents(counts), f"{counts.support:,}") for value, counts in group.items()]
        plot_rows = [PlotRow(value, round(100 * counts.f1, 1)) for value, counts in group.items()]
        plot = picture(bars(plot_rows, title=f"F1 by {name}", axis="F1 in %", most=100)) if len(plot_rows) > 1 else ""
        caption = f"Exact figures by {_GROUP_DESCRIPTIONS.get(name, name)}, in %"
        parts.append(beside(table((name, *_METRIC_NAMES.values(), "gold"), rows, about=caption), plot))
    return section("groups", "Groups of entities", *parts) if parts else ""


_GROUP_DESCRIPTIONS = {
    "length": "length in words",
    "position": "where in its document an entity begins",
    "training": "whether the training text has the surface form, with this label",
    "frequency": "how often the training text has the surface form with this label",
}


def scores(reliability: Reliability, curve: Sequence[Point]) -> str:
    """Return the calibration of the confidence scores, and precision and recall by score threshold."""
    reliability_curve = Curve(
        "correct", [bin.score for bin in reliability.bins], [bin.correct for bin in reliability.bins]
    )
    ascending = curve[::-1]
    thresholds = [point.threshold for point in ascending]
    lines = [
        Curve("precision", thresholds, [point.precision for point in ascending]),
        Curve("recall", thresholds, [point.recall for point in ascending]),
    ]
    bins = table(
        ("bin", "entities", "mean score", "correct"),
        [
            (str(number), f"{bin.entities:,}", f"{bin.score:.3f}", f"{bin.correct:.3f}")
            for number, bin in enumerate(reliability.bins, start=1)
        ],
        about="Predicted entities by their score; the last two columns should agree",
    )
    summary = (
        f"Expected calibration error {reliability.ece:.3f} ({reliability.ece_by_chance:.3f} by chance "
        f"alone), Brier score {reliability.brier:.3f}, log loss {reliability.log_loss:.3f}, fractions of 1. Below the "
        "diagonal scores are too high."
    )
    return section(
        "scores",
        "Reliability of scores",
        paragraph(summary),
        beside(
            picture(
                curves(
                    [reliability_curve],
                    title="Reliability",
                    axes_names=("mean score", "share that is correct"),
                    diagonal=True,
                )
            ),
            picture(curves(lines, title="Precision and recall by threshold", axes_names=("threshold", "share"))),
            bins,
        ),
    )


def comparison(report: Report, against: Against) -> str:
    """Return the comparison with another system on the same gold data."""
    paired, name = against.comparison, against.name
    rows, plot_rows = [], []
    for key, metric_name in _METRIC_NAMES.items():
        difference = getattr(paired, key)
        rows.append(
            (
                metric_name,
                percent(getattr(report.exact, key)),
                percent(getattr(against.report.exact, key)),
                f"{100 * difference.value:+.2f}",
                f"{100 * difference.interval.low:+.2f} – {100 * difference.interval.high:+.2f}",
                f"{difference.randomisation:.4f}",
                f"{difference.bootstrap:.4f}",
            )
        )
        plot_rows.append(
            PlotRow(metric_name, 100 * difference.value, 100 * difference.interval.low, 100 * difference.interval.high)
        )
    interval = f"{paired.level:.0%} interval"
    return section(
        "comparison",
        f"Against {name}",
        beside(
            table(
                (
                    CONVENTIONS["exact"].name,
                    "this",
                    "other",
                    "difference",
                    interval,
                    "p, randomisation",
                    "p, bootstrap",
                ),
                rows,
                about=f"In %, differences in points; {paired.differing:,} of {paired.units:,} {paired.unit} differ",
            ),
            picture(dots(plot_rows, title=f"Difference from {name}", axis="difference in points", zero=True)),
        ),
    )


def runs(reports: Sequence[Report]) -> str:
    """Return mean and standard deviation of the scores over runs with different seeds."""
    rows = [
        (
            CONVENTIONS[name].name,
            *(f"{percent(row[key].mean)} ± {percent(row[key].deviation)}" for key in _METRIC_NAMES),
        )
        for name, row in spread(reports).items()
    ]
    caption = f"Mean ± deviation of {len(reports)} runs, in %"
    return section("runs", "Runs", table(("", *_METRIC_NAMES.values()), rows, about=caption))


def _confusion_table(counts: Mapping[tuple[str, str], int]) -> str:
    shown_labels, omitted_count = frequent_labels(counts, most=MAX_LABELS)
    rows: list[list[str | ShadedCell]] = []
    for gold in shown_labels:
        row = [counts.get((gold, predicted), 0) for predicted in shown_labels]
        total = sum(row) or 1
        rows.append([gold or "nothing", *(ShadedCell(f"{count:,}" if count else "", count / total) for count in row)])
    caption = "Gold labels (rows) by predicted label (columns); the diagonal also has those with other bounds"
    caption += f"; {omitted_count:,} rarer labels are not shown" if omitted_count else ""
    return table(("gold", *(label or "nothing" for label in shown_labels)), rows, about=caption)


def _plot_row(name: str, value: float, intervals: FigureIntervals | None) -> PlotRow:
    if intervals is None:
        return PlotRow(name, 100 * value)
    return PlotRow(name, 100 * value, 100 * intervals.f1.low, 100 * intervals.f1.high)
