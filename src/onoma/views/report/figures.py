"""A report -> the sections of a page that hold its figures, as tables with pictures beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onoma.metrics import (
    KINDS,
    Comparison,
    Errors,
    FigureIntervals,
    Figures,
    Interval,
    Point,
    Reliability,
    Report,
    spread,
)
from onoma.views import percent
from onoma.views.report.markup import Cell, beside, paragraph, picture, section, table
from onoma.views.report.plots import Curve, PlotRow, bars, curves, dots

MOST_LABELS = 40
"""Labels that a picture or the table of confusion shows; the table of labels has all."""

_NAMES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}


def headline(report: Report) -> str:
    """The exact figures in large, with their intervals."""
    intervals = report.intervals
    tiles = []
    for name, shown in _NAMES.items():
        bounds = "" if intervals is None else f"<small>{_bounds(getattr(intervals.exact, name))}</small>"
        tiles.append(f"<div><dt>{shown}</dt><dd>{_percent(getattr(report.exact, name))}{bounds}</dd></div>\n")
    counts = (
        f"{report.exact.support:,} gold and {report.exact.predicted:,} predicted entities in "
        f"{report.documents:,} documents; {report.exact.correct:,g} have the same start, end and label, and these "
        "figures count no others. All figures of this page are in percent, where nothing else is said."
    )
    if intervals is not None:
        counts += (
            f" Behind a figure stands its {intervals.level:.0%} interval: how far it would move on other texts of the "
            f"same kind (bootstrap over {intervals.units:,} {intervals.unit})."
        )
    notes = [paragraph(f"Note: {note}.") for note in report.notes]
    return f'<dl class="tiles">\n{"".join(tiles)}</dl>\n{paragraph(counts)}{"".join(notes)}'


def conventions(report: Report) -> str:
    """Every way to count, side by side."""
    semeval = report.semeval
    rows: list[tuple[str, Figures, str]] = [
        ("exact", report.exact, "the same start, end and label; every entity counts once"),
        (
            "exact, mean of labels",
            report.macro,
            "the mean of the labels' figures, all labels weighing the same (macro)",
        ),
        ("exact, weighted mean", report.weighted, "the same, each label weighing its gold entities"),
        ("surface forms", report.surface, "each distinct pair of form and label counts once (WNUT 2017)"),
        ("SemEval strict", semeval.strict, "the same bounds and label"),
        ("SemEval exact", semeval.exact, "the same bounds, whatever the label"),
        ("SemEval partial", semeval.partial, "the same bounds earn 1, an overlap one half, whatever the label"),
        ("SemEval type", semeval.type, "an overlap with the same label"),
    ]
    if report.words is not None:
        rows.append(("words", report.words, "words inside entities, one by one; flatters"))
    if report.strict_reading is not None:
        about = "exact, without entities that stand only because broken tags were repaired (seqeval's strict mode)"
        rows.insert(1, ("exact, read strictly", report.strict_reading, about))
    return section(
        "conventions",
        "Ways to count",
        table(
            ("", *_NAMES.values(), "what is right"),
            [(name, *percent(figures), about) for name, figures, about in rows],
            words=(4,),
            about="The same predictions by every convention, in %",
        ),
    )


def labels(report: Report) -> str:
    """The exact figures of each label."""
    intervals = report.intervals
    rows = []
    for label, counts in report.labels.items():
        bounds = [] if intervals is None else [_bounds(intervals.labels[label].f1)]
        rows.append((label, *percent(counts), *bounds, f"{counts.support:,}", f"{counts.predicted:,}"))
    level = [] if intervals is None else [f"F1, {intervals.level:.0%} interval"]
    most = sorted(report.labels, key=lambda label: -report.labels[label].support)[:MOST_LABELS]
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
    """Kinds of error, and which label was taken for which."""
    kinds = table(
        ("kind", "errors", "what it is"),
        [(kind, f"{found.kinds.get(kind, 0):,}", meaning) for kind, meaning in KINDS.items()],
        words=(2,),
        about="What went wrong",
    )
    rows = [PlotRow(kind, found.kinds.get(kind, 0)) for kind in KINDS]
    return section(
        "errors",
        "Errors",
        beside(kinds, picture(bars(rows, title="Errors by kind", axis="errors"))),
        _confusion(found.confusion),
    )


def groups(found: Errors) -> str:
    """The exact figures by properties of entities."""
    parts = []
    for name, group in found.groups.items():
        rows = [(of, *percent(counts), f"{counts.support:,}") for of, counts in group.items()]
        bar = [PlotRow(of, round(100 * counts.f1, 1)) for of, counts in group.items()]
        drawn = picture(bars(bar, title=f"F1 by {name}", axis="F1 in %", most=100)) if len(bar) > 1 else ""
        about = f"Exact figures by {_GROUPS.get(name, name)}, in %"
        parts.append(beside(table((name, *_NAMES.values(), "gold"), rows, about=about), drawn))
    return section("groups", "Which entities are found", *parts) if parts else ""


_GROUPS = {
    "length": "length in words",
    "position": "where in its document an entity begins",
    "training": "whether the training text has the surface form, with this label",
    "frequency": "how often the training text has the surface form with this label",
}


def scores(reliability: Reliability, curve: Sequence[Point]) -> str:
    """What scores are worth, and what a threshold would leave."""
    right = Curve("right", [bin.score for bin in reliability.bins], [bin.correct for bin in reliability.bins])
    rising = curve[::-1]
    at = [point.threshold for point in rising]
    lines = [
        Curve("precision", at, [point.precision for point in rising]),
        Curve("recall", at, [point.recall for point in rising]),
    ]
    worth = table(
        ("bin", "entities", "mean score", "right"),
        [
            (str(number), f"{bin.entities:,}", f"{bin.score:.3f}", f"{bin.correct:.3f}")
            for number, bin in enumerate(reliability.bins, start=1)
        ],
        about="Predicted entities by their score; the last two columns should agree",
    )
    summary = (
        f"Expected calibration error {reliability.ece:.3f} ({reliability.ece_by_chance:.3f} by chance, were all scores "
        f"true), Brier score {reliability.brier:.3f}, log loss {reliability.log_loss:.3f}, fractions of 1. Below the "
        "diagonal a score promises more than it keeps."
    )
    return section(
        "scores",
        "What scores are worth",
        paragraph(summary),
        beside(
            picture(
                curves([right], title="Reliability", axes_names=("mean score", "share that is right"), diagonal=True)
            ),
            picture(
                curves(lines, title="Precision and recall by threshold", axes_names=("least score asked for", "share"))
            ),
            worth,
        ),
    )


def comparison(ours: Report, theirs: Report, found: Comparison, *, name: str) -> str:
    """Two systems on the same gold."""
    rows, dotted = [], []
    for key, shown in _NAMES.items():
        of = getattr(found, key)
        rows.append(
            (
                shown,
                _percent(getattr(ours.exact, key)),
                _percent(getattr(theirs.exact, key)),
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
                ("exact", "this", "other", "difference", interval, "p, randomisation", "p, bootstrap"),
                rows,
                about=f"In %, differences in points; {found.differing:,} of {found.units:,} {found.unit} differ",
            ),
            picture(dots(dotted, title=f"Difference from {name}", axis="difference in points", zero=True)),
        ),
    )


def runs(reports: Sequence[Report]) -> str:
    """Mean and deviation over runs that differ in their seed."""
    rows = [
        (name, *(f"{100 * row[key].mean:.2f} ± {100 * row[key].deviation:.2f}" for key in _NAMES))
        for name, row in spread(reports).items()
    ]
    about = f"Mean ± deviation of {len(reports)} runs, in %"
    return section("runs", "Runs", table(("", *_NAMES.values()), rows, about=about))


def _confusion(counts: Mapping[tuple[str, str], int]) -> str:
    sizes: dict[str, int] = {}
    for pair, count in counts.items():
        for label in pair:
            sizes[label] = sizes.get(label, 0) + count
    most = sorted((label for label in sizes if label), key=lambda label: -sizes[label])[:MOST_LABELS]
    shown = [*sorted(most), ""]
    rows: list[list[str | Cell]] = []
    for gold in shown:
        row = [counts.get((gold, predicted), 0) for predicted in shown]
        whole = sum(row) or 1
        rows.append([gold or "nothing", *(Cell(f"{count:,}" if count else "", count / whole) for count in row)])
    left = len(sizes) - len(most) - ("" in sizes)
    about = "Gold labels (rows) by what was predicted there (columns); on the diagonal right ones and wrong bounds"
    about += f"; {left:,} rare labels are not shown" if left else ""
    return table(("gold", *(label or "nothing" for label in shown)), rows, about=about)


def _row(name: str, value: float, intervals: FigureIntervals | None) -> PlotRow:
    if intervals is None:
        return PlotRow(name, 100 * value)
    return PlotRow(name, 100 * value, 100 * intervals.f1.low, 100 * intervals.f1.high)


def _bounds(interval: Interval) -> str:
    return f"{_percent(interval.low)} – {_percent(interval.high)}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"
