"""What a reading and a score look like on the command line."""

from __future__ import annotations

import json
import sys

import typer

from onoma.corpora import Reading
from onoma.metrics import Report


def tell_reading(reading: Reading) -> None:
    """Say on standard error what was found in a file and what had to be repaired or left out."""
    for notice in reading.notices():
        print(f"note: {notice}", file=sys.stderr)


def print_report(report: Report, *, as_json: bool, title: str) -> None:
    """Print figures as JSON or as a table."""
    for notice in report.notes:
        print(f"note: {notice}", file=sys.stderr)
    if as_json:
        typer.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        from rich.console import Console

        from onoma.rendering import report_table

        Console().print(report_table(report, title=title))
