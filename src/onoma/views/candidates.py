"""Tables and statements about a comparison of candidates, for the terminal and for an HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from rich.table import Table

from onoma.counting import counted
from onoma.experiments import Comparison, ComparisonRow, LearningCurve, MeanAndDeviation
from onoma.metrics import Interval
from onoma.views.table import plain_table

WORDS = (1,)
"""Indices of the columns that hold words instead of numbers: the mark of a row, such as ``best``."""

TESTS = (
    "The best candidate has the highest mean F1 on dev among those with the most finished runs. Intervals (95 %), "
    "differences from the best and p-values are of F1 on the text that was tested on, by bootstrap over its documents "
    "and, if there are several seeds, Student's t over them."
)
COSTS = (
    "Latency is the median of single sentences; memory is what a process that loads the model and tags has held at "
    "most; size is that of the files that tagging needs. A candidate is on the Pareto front if no other one is at "
    "least as good in F1 on dev, words per second and model size, and better in one of them."
)

_MISSING = "–"
_MIN_SHOWN_P = 0.001
_COST_COLUMNS = ("words/s", "latency, ms", "memory, MB", "size, MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateTable:
    """Table of the candidates on one corpus at one training size.

    Attributes:
        title: corpus, training size and number of runs.
        head: names of the columns.
        cells: one row for each candidate.
        best: index of the best candidate's row; None if all candidates have failed.
    """

    title: str
    head: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    best: int | None


def tables_of(comparison: Comparison) -> Iterator[CandidateTable]:
    """Yield a table for each corpus and training size, smallest size first; without costs if none was measured."""
    for _, group in groupby(comparison.rows, key=lambda row: (row.corpus, row.sentences)):
        rows = list(group)
        score_columns = ("F1 in %", "", "dev", f"{rows[0].tested_on} (95 %)", "to best", "p", "seconds")
        head = (*score_columns, *_COST_COLUMNS) if any(row.speed is not None for row in rows) else score_columns
        yield CandidateTable(
            title=f"{title_of(rows)}, {counted(max(len(row.seeds) for row in rows), 'run')} each",
            head=head,
            cells=tuple(_format_row(row, with_size=not _have_same_size(rows))[: len(head)] for row in rows),
            best=next((number for number, row in enumerate(rows) if row.best), None),
        )


def candidate_tables(comparison: Comparison) -> Iterator[Table]:
    """Yield the tables for the terminal, with costs in separate tables; the best candidate is bold."""
    for each in tables_of(comparison):
        first_cost = len(each.head) - len(_COST_COLUMNS) if _COST_COLUMNS[0] in each.head else len(each.head)
        score_table = plain_table(
            each.head[:first_cost], [row[:first_cost] for row in each.cells], words=WORDS, title=each.title
        )
        tables = [score_table]
        if each.head[first_cost:]:
            tables.append(
                plain_table(("", *each.head[first_cost:]), [(row[0], *row[first_cost:]) for row in each.cells])
            )
        for table in tables:
            if each.best is not None:
                table.rows[each.best].style = "bold"
            yield table


def title_of(rows: Sequence[ComparisonRow]) -> str:
    """Return the corpus and training size of rows as text; if candidates have different texts, without a number."""
    if not _have_same_size(rows):
        return f"{rows[0].corpus}, all sentences of each candidate"
    return f"{rows[0].corpus}, {'all ' if rows[0].sentences is None else ''}{rows[0].train_sentences:,} sentences"


def rows_at_largest_size(comparison: Comparison, corpus: str) -> list[ComparisonRow]:
    """Return the rows of a corpus with the largest training size, which is the only one whose costs are measured."""
    rows = [row for row in comparison.rows if row.corpus == corpus]
    return [row for row in rows if row.sentences == rows[-1].sentences]


def failures(comparison: Comparison) -> Iterator[str]:
    """Yield the reasons why runs have failed, each reason once per corpus and candidate."""
    sizes: dict[tuple[str, str, str], list[str]] = {}
    for row in comparison.rows:
        for error in row.errors:
            size = "all" if row.sentences is None else f"{row.sentences:,}"
            sizes.setdefault((row.corpus, row.candidate, error), []).append(size)
    for (corpus, candidate, error), failed_sizes in sizes.items():
        yield f"{corpus}, {candidate}: failed with {' and '.join(failed_sizes)} sentences: {error}"


def choices(comparison: Comparison) -> Iterator[str]:
    """Yield the candidate chosen for each corpus, or the limits that the candidates exceed."""
    for corpus, chosen in comparison.chosen.items():
        bounds = "" if comparison.within is None else f"within {comparison.within}"
        if chosen is not None:
            yield f"{corpus}: {bounds or 'best on dev'}: {chosen}"
        elif comparison.within is None:
            yield f"{corpus}: every run has failed"
        else:
            misses = "; ".join(_describe_miss(comparison, row) for row in rows_at_largest_size(comparison, corpus))
            yield f"{corpus}: no candidate is {bounds}: {misses}"


def forecasts(comparison: Comparison) -> Iterator[str]:
    """Yield the F1 forecast for more sentences, or why there is none, for each candidate of three sizes or more."""
    for curve in comparison.curves:
        if curve.forecasts or curve.no_forecast:
            yield _format_forecast(curve)


def machine(comparison: Comparison) -> str:
    """Return a description of the hardware on which times were measured."""
    hardware = comparison.machine
    training = " or ".join(map(str, comparison.threads))
    cores = hardware["cores"]
    trained = f"training on {training} of " if training else ""
    return f"measured on {hardware['processor']}: {trained}{cores} {'core' if cores == 1 else 'cores'}, tagging on all"


def _describe_miss(comparison: Comparison, row: ComparisonRow) -> str:
    if row.dev is None:
        return f"{row.candidate} has failed"
    if row.speed is None or comparison.within is None:
        return f"{row.candidate} was not measured"
    return f"{row.candidate} has {' and '.join(comparison.within.exceeded(row.speed))}"


def _format_forecast(curve: LearningCurve) -> str:
    last_size = max(curve.runs)
    forecast_text = ", ".join(
        f"{each.sentences - last_size:,} more sentences: "
        f"F1 {100 * each.f1:.1f} ({100 * each.low:.1f} – {100 * each.high:.1f})"
        for each in curve.forecasts
    )
    current_score = f"F1 on dev {100 * fmean(curve.runs[last_size]):.1f} with {last_size:,} sentences"
    outlook = f"no forecast: {curve.no_forecast}" if curve.no_forecast else f"forecast for {forecast_text}"
    return f"{curve.corpus}, {curve.candidate}: {current_score}; {outlook}"


def _have_same_size(rows: Sequence[ComparisonRow]) -> bool:
    return len({row.train_sentences for row in rows}) == 1


def _format_row(row: ComparisonRow, *, with_size: bool) -> tuple[str, ...]:
    speed, difference = row.speed, row.difference
    return (
        f"{row.candidate} ({row.train_sentences:,} sentences)" if with_size else row.candidate,
        _format_mark(row),
        _format_with_deviation(row.dev),
        _format_with_interval(row.test, row.interval),
        _MISSING if difference is None else f"{100 * difference.value:+.1f}",
        _MISSING if difference is None else _format_p_value(difference.p),
        _MISSING if row.seconds is None else f"{row.seconds.mean:,.{0 if row.seconds.mean >= 10 else 1}f}",
        *(
            [_MISSING] * len(_COST_COLUMNS)
            if speed is None
            else [
                f"{speed.words_per_second:,.0f}",
                f"{speed.latency:.2f}",
                f"{speed.memory:,.0f}" if speed.memory else _MISSING,
                f"{speed.size:,.1f}" if speed.size >= 1 else f"{speed.size:.2g}",
            ]
        ),
    )


def _format_mark(row: ComparisonRow) -> str:
    if row.dev is None:
        return "failed"
    failed = f"{len(row.failed_seeds)} failed" if row.failed_seeds else ""
    return ", ".join(filter(None, ["best" if row.best else "Pareto" * row.on_front, failed]))


def _format_p_value(p: float) -> str:
    return f"{p:.3f}" if p >= _MIN_SHOWN_P else f"<{_MIN_SHOWN_P}"


def _format_with_deviation(score: MeanAndDeviation | None) -> str:
    if score is None:
        return _MISSING
    return f"{100 * score.mean:.1f}" + ("" if score.deviation is None else f" ± {100 * score.deviation:.1f}")


def _format_with_interval(score: MeanAndDeviation | None, interval: Interval | None) -> str:
    if score is None or interval is None:
        return _MISSING
    return f"{100 * score.mean:.1f} ({100 * interval.low:.1f}–{100 * interval.high:.1f})"
