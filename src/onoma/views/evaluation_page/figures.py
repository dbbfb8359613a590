"""Sections of the evaluation page that show the report's scores, as tables and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

_NAMES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}


def headline(report: Report) -> str:
    """Return the exact scores in large type, with their intervals."""
    intervals = report.intervals
    tiles = []
    for name, shown in _NAMES.items():
        bounds = "" if intervals is None else f"<small>{percent_range(getattr(intervals.exact, name))}</small>"
        tiles.append(f"<div><dt>{shown}</dt><dd>{percent(getattr(report.exact, name))}{bounds}</dd></div>\n")
    counts = (
        f"{report.exact.support:,} gold and {report.exact.predicted:,} predicted entities in "
        f"{report.documents:,} documents; {report.exact.correct:,g} of them agree in start, end and label. "
        "Figures on this page are in percent unless stated otherwise."
    )
    if intervals is not None:
        counts += (
            f" Below a figure is its {intervals.level:.0%} interval: how far it would vary on other texts of the "
            f"same kind (bootstrap over {intervals.units:,} {intervals.unit})."
        )
    notes = [paragraph(f"Note: {note}.") for note in report.notes]
    return f'<dl class="tiles">\n{"".join(tiles)}</dl>\n{paragraph(counts)}{"".join(notes)}'


def conventions(report: Report) -> str:
    """Return the scores of all scoring conventions, one row for each."""
    return section(
        "conventions",
        "Scoring conventions",
        table(
            ("", *_NAMES.values(), "what is correct"),
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
        bounds = [] if intervals is None else [interval]
        rows.append((row.name, *figures, *bounds, support, f"{report.labels[row.name].predicted:,}"))
    level = [] if intervals is None else [f"F1, {intervals.level:.0%} interval"]
    most = sorted(report.labels, key=lambda label: -report.labels[label].support)[:MAX_LABELS]
    dotted = [_row("all", report.exact.f1, intervals.exact if intervals else None)]
    dotted += [
        _row(label, report.labels[label].f1, intervals.labels[label] if intervals else None)
        for label in report.labels
        if label in most
    ]
    return section(
        "labels",
        "Labels",
        beside(
            table(("label", *_NAMES.values(), *level, "gold", "predicted"), rows, about="Exact figures by label, in %"),
            picture(dots(dotted, title="F1 by label", axis="F1 in %")),
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
    rows = [PlotRow(kind, found.kinds.get(kind, 0)) for kind in KINDS]
    return section(
        "errors",
        "Errors",
        beside(kinds, picture(bars(rows, title="Errors by kind", axis="errors"))),
        _confusion(found.confusion),
    )


def groups(found: Errors) -> str:
    """Return the exact scores of groups of entities with a common property, such as their length."""
    parts = []
    for name, group in found.groups.items():
        rows = [(of, *percents(counts), f"{counts.support:,}") for of, counts in group.items()]
        bar = [PlotRow(of, round(100 * counts.f1, 1)) for of, counts in group.items()]
        drawn = picture(bars(bar, title=f"F1 by {name}", axis="F1 in %", most=100)) if len(bar) > 1 else ""
        about = f"Exact figures by {_GROUPS.get(name, name)}, in %"
        parts.append(beside(table((name, *_NAMES.values(), "gold"), rows, about=about), drawn))
    return section("groups", "Groups of entities", *parts) if parts else ""


_GROUPS = {
    "length": "length in words",
    "position": "where in its document an entity begins",
    "training": "whether the training text has the surface form, with this label",
    "frequency": "how often the training text has the surface form with this label",
}


def scores(reliability: Reliability, curve: Sequence[Point]) -> str:
    """Return the calibration of the confidence scores, and precision and recall by score threshold."""
    reliable = Curve("correct", [bin.score for bin in reliability.bins], [bin.correct for bin in reliability.bins])
    rising = curve[::-1]
    at = [point.threshold for point in rising]
    lines = [
        Curve("precision", at, [point.precision for point in rising]),
        Curve("recall", at, [point.recall for point in rising]),
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
                    [reliable], title="Reliability", axes_names=("mean score", "share that is correct"), diagonal=True
                )
            ),
            picture(curves(lines, title="Precision and recall by threshold", axes_names=("threshold", "share"))),
            bins,
        ),
    )


def comparison(report: Report, against: Against) -> str:
    """Return the comparison with another system on the same gold data."""
    found, name = against.comparison, against.name
    rows, dotted = [], []
    for key, shown in _NAMES.items():
        of = getattr(found, key)
        rows.append(
            (
                shown,
                percent(getattr(report.exact, key)),
                percent(getattr(against.report.exact, key)),
                f"{100 * of.value:+.2f}",
                f"{100 * of.interval.low:+.2f} – {100 * of.interval.high:+.2f}",
                f"{of.randomisation:.4f}",
                f"{of.bootstrap:.4f}",
            )
        )
        dotted.append(PlotRow(shown, 100 * of.value, 100 * of.interval.low, 100 * of.interval.high))
    interval = f"{found.level:.0%} interval"
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
                about=f"In %, differences in points; {found.differing:,} of {found.units:,} {found.unit} differ",
            ),
            picture(dots(dotted, title=f"Difference from {name}", axis="difference in points", zero=True)),
        ),
    )


def runs(reports: Sequence[Report]) -> str:
    """Return mean and standard deviation of the scores over runs with different seeds."""
    rows = [
        (CONVENTIONS[name].name, *(f"{percent(row[key].mean)} ± {percent(row[key].deviation)}" for key in _NAMES))
        for name, row in spread(reports).items()
    ]
    about = f"Mean ± deviation of {len(reports)} runs, in %"
    return section("runs", "Runs", table(("", *_NAMES.values()), rows, about=about))


def _confusion(counts: Mapping[tuple[str, str], int]) -> str:
    shown, left = frequent_labels(counts, most=MAX_LABELS)
    rows: list[list[str | ShadedCell]] = []
    for gold in shown:
        row = [counts.get((gold, predicted), 0) for predicted in shown]
        whole = sum(row) or 1
        rows.append([gold or "nothing", *(ShadedCell(f"{count:,}" if count else "", count / whole) for count in row)])
    about = "Gold labels (rows) by predicted label (columns); the diagonal also has those with other bounds"
    about += f"; {left:,} rarer labels are not shown" if left else ""
    return table(("gold", *(label or "nothing" for label in shown)), rows, about=about)


def _row(name: str, value: float, intervals: FigureIntervals | None) -> PlotRow:
    if intervals is None:
        return PlotRow(name, 100 * value)
    return PlotRow(name, 100 * value, 100 * intervals.f1.low, 100 * intervals.f1.high)
