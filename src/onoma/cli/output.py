"""Printing of results to standard output and of messages to standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Protocol

from onoma.io.terminal import visible

if TYPE_CHECKING:
    from onoma.experiments import Comparison
    from onoma.metrics import Report


_CONTROL_CHARACTERS = re.compile("[\x7f-\x9f]")
"""Control characters that JSON does not escape."""


class Result(Protocol):
    """A result that can be written as JSON."""

    def to_json(self) -> dict[str, object]: ...


def set_up_output() -> None:
    """Configure standard output to accept any character.

    At a terminal, characters that it cannot show are replaced. Otherwise the output is UTF-8 with line feeds: on
    Windows, pipes and files would by default use the encoding of the system's language.
    """
    if not isinstance(sys.stdout, TextIOWrapper):
        return
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="replace")
    else:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")


def flush_each_line() -> None:
    """Make standard output line-buffered, so that each line is visible at once even if the input of a pipe is slow."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


def print_line(text: str) -> None:
    """Print a result to standard output, with control characters made visible."""
    print(visible(text))


def print_message(text: str) -> None:
    """Print a message that is not a result to standard error, with control characters made visible."""
    print(visible(text), file=sys.stderr)


def print_json(text: str) -> None:
    """Print JSON with all control characters escaped."""
    print(_CONTROL_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def print_result(result: Result) -> None:
    """Print a result as JSON."""
    print_json(json.dumps(result.to_json(), indent=2, ensure_ascii=False))


def print_notes(notes: Iterable[str]) -> None:
    """Print notes to standard error, each marked as a note."""
    for note in notes:
        print_message(f"note: {note}")


def print_report(report: Report, *, title: str, as_json: bool, errors: bool) -> None:
    """Print a report as JSON or as tables.

    Args:
        title: title of the tables; it says what was scored.
        as_json: whether to print JSON instead of tables.
        errors: whether to also print the tables of errors and of the reliability of scores.
    """
    print_notes(report.notes)
    if as_json:
        print_result(report)
        return
    from onoma.cli.console import PlainConsole
    from onoma.metrics import spread
    from onoma.views import comparison_table, errors_tables, reliability_table, report_table, runs_table

    console = PlainConsole()
    console.print(report_table(report, title=title))
    if report.intervals is not None:
        console.print(f"intervals: bootstrap over {report.intervals.resampled}")
    if report.against is not None:
        console.print(comparison_table(report.against.comparison, title=f"{title}, minus {report.against.name}"))
    if report.runs:
        reports = [report, *report.runs]
        console.print(runs_table(spread(reports), count=len(reports)))
    if errors and report.errors is not None:
        for table in errors_tables(report.errors):
            console.print(table)
    if errors and report.reliability is not None:
        console.print(reliability_table(report.reliability))


def print_comparison(comparison: Comparison, *, as_json: bool, printed_notes: Collection[str]) -> None:
    """Print a comparison of candidates as JSON, or as tables followed by the choices, the forecasts and the machine.

    Args:
        printed_notes: notes that are not printed again.
    """
    from onoma.views import candidate_tables, choices, failures, forecasts, machine

    print_notes(note for note in comparison.notes if note not in printed_notes)
    print_notes(failures(comparison))
    if as_json:
        print_result(comparison)
        return
    from onoma.cli.console import PlainConsole

    console = PlainConsole()
    for table in candidate_tables(comparison):
        console.print(table)
    for line in (*choices(comparison), *forecasts(comparison), machine(comparison)):
        console.print(line, soft_wrap=True)
