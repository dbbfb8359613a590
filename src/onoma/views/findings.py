"""Tables for the terminal with details of an evaluation: errors, reliability of scores, comparisons, runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table

from onoma.metrics import (
    CONVENTIONS,
    KINDS,
    Errors,
    Mention,
    PairedComparison,
    Point,
    Reliability,
    Spread,
    percent,
    percents,
)
from onoma.views.confusion import frequent_labels
from onoma.views.table import plain_table

MAX_LABELS = 8
"""Maximum number of labels in the confusion matrix, so that it fits into a terminal of usual width."""

_METRIC_NAMES = {"precision": "precision", "recall": "recall", "f1": "F1"}


def errors_tables(errors: Errors) -> Iterator[Table]:
    """Yield a table of the kinds of error with examples, the confusion matrix, and a table for each entity property."""
    kinds = []
    for kind, meaning in KINDS.items():
        examples = [
            f"{_format_mention(each.gold)} → {_format_mention(each.predicted)}"
            for each in errors.examples
            if each.kind == kind
        ]
        kinds.append((kind, f"{errors.kinds.get(kind, 0):,}", meaning, "\n".join(examples)))
    yield plain_table(("errors", "count", "meaning", "examples: gold → predicted"), kinds, words=(2, 3))
    yield _confusion_table(errors.confusion)
    for name, group in errors.groups.items():
        rows = [(value, *percents(counts), f"{counts.support:,}") for value, counts in group.items()]
        yield plain_table((f"by {name}, in %", *_METRIC_NAMES.values(), "support"), rows)


def reliability_table(reliability: Reliability, *, title: str | None = None) -> Table:
    """Return a table of the predicted entities in bins of equal size by score, with calibration metrics below."""
    return plain_table(
        ("predicted entities", "mean score", "correct"),
        [(f"{bin.entities:,}", f"{bin.score:.3f}", f"{bin.correct:.3f}") for bin in reliability.bins],
        title=title,
        caption=f"expected calibration error {reliability.ece:.3f} ({reliability.ece_by_chance:.3f} by chance), "
        f"Brier {reliability.brier:.3f}, "
        f"log loss {reliability.log_loss:.3f}",
    )


def comparison_table(comparison: PairedComparison, *, title: str) -> Table:
    """Return the differences of the exact scores in percentage points, with the p-values of both tests."""
    rows = []
    for key, name in _METRIC_NAMES.items():
        difference = getattr(comparison, key)
        bounds = f"{100 * difference.interval.low:+.2f} – {100 * difference.interval.high:+.2f}"
        rows.append(
            (
                name,
                f"{100 * difference.value:+.2f}",
                bounds,
                f"{difference.randomisation:.4f}",
                f"{difference.bootstrap:.4f}",
            )
        )
    interval = f"{comparison.level:.0%} interval"
    return plain_table(
        (f"{CONVENTIONS['exact'].name}, in points", "difference", interval, "p, randomisation", "p, bootstrap"),
        rows,
        title=title,
        caption=f"{comparison.differing:,} of {comparison.units:,} {comparison.unit} differ",
    )


def runs_table(runs: Mapping[str, Mapping[str, Spread]], *, count: int) -> Table:
    """Return mean and standard deviation of the scores over runs, in percent."""
    rows = [
        (
            CONVENTIONS[key].name,
            *(f"{percent(row[metric].mean)} ± {percent(row[metric].deviation)}" for metric in _METRIC_NAMES),
        )
        for key, row in runs.items()
    ]
    return plain_table((f"mean ± deviation of {count} runs, in %", *_METRIC_NAMES.values()), rows)


def thresholds_table(points: Mapping[str, Point | None], *, title: str) -> Table:
    """Return each label's threshold with its precision and recall; ``none`` if no threshold meets the requirement."""
    rows = [
        (label, "none", "", "")
        if point is None
        else (label, f"{point.threshold:.3f}", f"{point.precision:.3f}", f"{point.recall:.3f}")
        for label, point in points.items()
    ]
    return plain_table(("label", "threshold", "precision", "recall"), rows, title=title)


def _confusion_table(counts: Mapping[tuple[str, str], int]) -> Table:
    labels, omitted_count = frequent_labels(counts, most=MAX_LABELS)
    rows = []
    for gold in labels:
        row_counts = [counts.get((gold, predicted), 0) for predicted in labels]
        rows.append((gold or "nothing", *(f"{count:,}" if count else "" for count in row_counts)))
    head = ("gold", *(label or "nothing" for label in labels))
    title = "gold labels (rows) by predicted label (columns)"
    return plain_table(
        head, rows, title=title, caption=f"{omitted_count:,} rarer labels are not shown" if omitted_count else None
    )


def _format_mention(mention: Mention | None) -> str:
    return "nothing" if mention is None else f"{mention.form} {mention.label}"
