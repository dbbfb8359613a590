"""What stands behind figures -> tables for the terminal: errors, reliability of scores, comparisons, runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from onoma.views.table import percent

if TYPE_CHECKING:
    from onoma.metrics import Comparison, Errors, Mention, Point, Reliability, Spread

_FIGURES = ("precision", "recall", "f1")


def errors_tables(errors: Errors, *, meanings: Mapping[str, str]) -> Iterator[Table]:
    """A table of the kinds of error with examples, one of labels, and one for each property of entities.

    Args:
        errors: what went wrong.
        meanings: what each kind of error is.
    """
    kinds = _table("errors", "count", "what it means", "examples: gold → predicted", left=(2, 3))
    counts: Mapping[str, int] = {str(kind): count for kind, count in errors.kinds.items()}
    for kind, meaning in meanings.items():
        shown = [f"{_shown(each.gold)} → {_shown(each.predicted)}" for each in errors.examples if each.kind == kind]
        kinds.add_row(kind, f"{counts.get(kind, 0):,}", meaning, Text("\n".join(shown)))
    yield kinds
    columns = sorted({predicted for _, predicted in errors.confusion})
    confusion = _table("gold, by predicted label", *(label or "nothing" for label in columns))
    for row in sorted({gold for gold, _ in errors.confusion}):
        found = [errors.confusion.get((row, column), 0) for column in columns]
        confusion.add_row(Text(row or "nothing"), *(f"{count:,}" if count else "" for count in found))
    yield confusion
    for name, group in errors.groups.items():
        table = _table(f"by {name}, in %", "precision", "recall", "F1", "support")
        for of, figures in group.items():
            table.add_row(of, *percent(figures), f"{figures.support:,}")
        yield table


def reliability_table(reliability: Reliability, *, title: str | None = None) -> Table:
    """Predicted entities by their score, in bins of as many each; then the summaries."""
    table = _table("predicted entities", "mean score", "right", title=title)
    for bin in reliability.bins:
        table.add_row(f"{bin.entities:,}", f"{bin.score:.3f}", f"{bin.correct:.3f}")
    table.caption = (
        f"expected calibration error {reliability.ece:.3f} ({reliability.ece_by_chance:.3f} by chance), "
        f"Brier {reliability.brier:.3f}, "
        f"log loss {reliability.log_loss:.3f}"
    )
    return table


def comparison_table(comparison: Comparison, *, title: str) -> Table:
    """Differences of the exact figures in points of 100, with the p-values of both tests."""
    interval = f"{comparison.level:.0%} interval"
    table = _table("exact, in points", "difference", interval, "p, randomisation", "p, bootstrap", title=title)
    for name in _FIGURES:
        of = getattr(comparison, name)
        bounds = f"{100 * of.interval.low:+.2f} – {100 * of.interval.high:+.2f}"
        table.add_row(
            "F1" if name == "f1" else name,
            f"{100 * of.value:+.2f}",
            bounds,
            f"{of.randomisation:.4f}",
            f"{of.bootstrap:.4f}",
        )
    table.caption = f"{comparison.differing:,} of {comparison.units:,} {comparison.unit} differ"
    return table


def runs_table(runs: Mapping[str, Mapping[str, Spread]], *, count: int) -> Table:
    """Mean and deviation over runs, in percent."""
    table = _table(f"mean ± deviation of {count} runs, in %", "precision", "recall", "F1")
    for name, row in runs.items():
        table.add_row(name, *(f"{100 * row[each].mean:.2f} ± {100 * row[each].deviation:.2f}" for each in _FIGURES))
    return table


def thresholds_table(points: Mapping[str, Point | None], *, title: str) -> Table:
    """The threshold of each label with what it leaves; none where no threshold does what was wanted."""
    table = _table("label", "threshold", "precision", "recall", title=title)
    for label, point in points.items():
        if point is None:
            table.add_row(Text(label), "none", "", "")
        else:
            table.add_row(Text(label), f"{point.threshold:.3f}", f"{point.precision:.3f}", f"{point.recall:.3f}")
    return table


def _table(*names: str, left: tuple[int, ...] = (), title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(names):
        table.add_column(name, justify="left" if index == 0 or index in left else "right", overflow="fold")
    return table


def _shown(mention: Mention | None) -> str:
    return "nothing" if mention is None else f"{mention.form} {mention.label}"
