"""What a reading and a score look like on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onoma.errors import InputError

if TYPE_CHECKING:
    from onoma.corpora import Reading
    from onoma.metrics import Aligned, Comparison, Counts, Report

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
Page = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Also write all of it as one HTML page, with every wrong sentence."),
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
    strict_reading: Counts | None = None,
) -> Judged:
    """Judge a system, and what stands beside it."""
    from onoma.metrics import Known, Sample, compare, judge, tally

    report = judge(pairs, known=None if training is None else Known.of(training))
    return Judged(
        report=replace(report, strict_reading=strict_reading),
        other=None if against is None else tally(against),
        comparison=None if against is None else compare(Sample.of(pairs), Sample.of(against)),
        runs=tuple(map(tally, also)),
    )


def tell_reading(reading: Reading) -> None:
    """Say on standard error what was found in a file and what had to be repaired or left out."""
    for notice in reading.notices():
        print(f"note: {notice}", file=sys.stderr)


def check_page(path: Path | None) -> None:
    """Refuse a page that could not be written, before hours go into what should stand in it.

    Raises:
        InputError: its folder is not there.
        MissingExtraError: what draws its pictures is not installed.
    """
    if path is None:
        return
    from onoma.views.evaluation_page import need_plots

    if not path.parent.is_dir():
        raise InputError(f"--report {path}: there is no folder {path.parent}; make it first")
    need_plots()


def write_page(path: Path | None, judged: Judged, *, pairs: Sequence[Aligned], title: str, other: str) -> None:
    """Write the page, where one is wanted.

    Args:
        path: where to.
        judged: what was found.
        pairs: what it was found in.
        title: what was judged.
        other: what it was tested against.
    """
    if path is None:
        return
    from onoma import metrics
    from onoma.views.evaluation_page import write_evaluation_page

    against = None
    if judged.other is not None and judged.comparison is not None:
        against = metrics.Against(name=other, report=judged.other, comparison=judged.comparison)
    report = replace(judged.report, against=against, runs=judged.runs)
    write_evaluation_page(path, report, pairs, title=title)
    print(f"note: the page is in {path}", file=sys.stderr)


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

    from onoma.metrics import spread
    from onoma.views import comparison_table, errors_tables, reliability_table, report_table, runs_table

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
        for table in errors_tables(report.errors):
            console.print(table)
    if errors and report.reliability is not None:
        console.print(reliability_table(report.reliability))
