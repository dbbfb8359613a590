"""What a reading and a score look like on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onoma.corpora import Reading
    from onoma.metrics import Aligned, Comparison, Report

Against = Annotated[
    Path | None,
    typer.Option(
        "--against", metavar="OTHER", help="Test whether OTHER differs, on the same gold.", show_default=False
    ),
]
Also = Annotated[
    list[Path] | None,
    typer.Option(
        "--also",
        metavar="RUN",
        help="Another run of the same set-up, as with another seed, for mean and deviation; may be repeated.",
    ),
]
ShowErrors = Annotated[
    bool, typer.Option("--errors", help="Show where it errs: kinds, labels, and which entities. JSON has it anyway.")
]
Training = Annotated[
    Path | None,
    typer.Option("--train", metavar="FILE", help="The training text, to tell entities that it has from new ones."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All that was found of one system, and of those beside it.

    Attributes:
        report: of the system in question.
        other: the report of what it was tested against.
        comparison: the tests.
        runs: reports of further runs.
    """

    report: Report
    other: Report | None = None
    comparison: Comparison | None = None
    runs: tuple[Report, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The keys of the report, and `against` and `runs` where they were asked for."""
        from onoma.metrics import spread

        found = self.report.to_json()
        if self.other is not None and self.comparison is not None:
            found["against"] = {**self.other.to_json(), "difference": self.comparison.to_json()}
        if self.runs:
            rows = spread([self.report, *self.runs]).items()
            figures = {name: {figure: asdict(of) for figure, of in row.items()} for name, row in rows}
            found["runs"] = {"count": 1 + len(self.runs), **figures}
        return found


def judge_all(
    pairs: Sequence[Aligned],
    *,
    against: Sequence[Aligned] | None = None,
    also: Sequence[Sequence[Aligned]] = (),
    training: Reading | None = None,
) -> Judged:
    """Judge a system, and what stands beside it."""
    from onoma.metrics import Known, Sample, compare, judge, tally

    return Judged(
        report=judge(pairs, known=None if training is None else Known.of(training)),
        other=None if against is None else tally(against),
        comparison=None if against is None else compare(Sample.of(pairs), Sample.of(against)),
        runs=tuple(map(tally, also)),
    )


def tell_reading(reading: Reading) -> None:
    """Say on standard error what was found in a file and what had to be repaired or left out."""
    for notice in reading.notices():
        print(f"note: {notice}", file=sys.stderr)


def print_judged(judged: Judged, *, as_json: bool, title: str, other: str = "", errors: bool = False) -> None:
    """Print figures as JSON or as tables.

    Args:
        judged: what was found.
        as_json: print JSON.
        title: what was judged.
        other: what it was tested against.
        errors: show the tables of errors and of scores as well.
    """
    report = judged.report
    for notice in report.notes:
        print(f"note: {notice}", file=sys.stderr)
    if as_json:
        typer.echo(json.dumps(judged.to_json(), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from onoma.metrics import KINDS, spread
    from onoma.rendering import comparison_table, errors_tables, reliability_table, report_table, runs_table

    console = Console()
    console.print(report_table(report, title=title))
    if report.intervals is not None:
        console.print(f"intervals: bootstrap over {report.intervals.units:,} {report.intervals.unit}", highlight=False)
    if judged.comparison is not None:
        console.print(comparison_table(judged.comparison, title=f"{title}, less {other}"))
    if judged.runs:
        reports = [report, *judged.runs]
        console.print(runs_table(spread(reports), count=len(reports)))
    if errors and report.errors is not None:
        for table in errors_tables(report.errors, meanings={str(kind): meaning for kind, meaning in KINDS.items()}):
            console.print(table)
    if errors and report.reliability is not None:
        console.print(reliability_table(report.reliability))
