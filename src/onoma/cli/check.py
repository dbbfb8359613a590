"""``onoma check``: looks for errors in annotated text."""

from __future__ import annotations

from collections import defaultdict
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onoma.cli.options import ENTITIES, FormatOption, Threads, reads
from onoma.cli.output import print_line, print_message, print_notes, print_result
from onoma.corpora import ReadOptions
from onoma.counting import counted

if TYPE_CHECKING:
    from onoma.doctor import CheckResult, Finding, Fixed
    from onoma.engine.events import Listener


class FailOn(StrEnum):
    """Lowest severity of a finding for which the command exits with status 1."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


@reads(*(name for name in ENTITIES if name != "strict"))
def run(
    *,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Annotated files that are not parts of one corpus.", show_default=False)
    ] = None,
    train: Annotated[list[Path] | None, typer.Option("--train", help="Training files; may be repeated.")] = None,
    dev: Annotated[list[Path] | None, typer.Option("--dev", help="Development files; may be repeated.")] = None,
    test: Annotated[list[Path] | None, typer.Option("--test", help="Test files; may be repeated.")] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", help="Compare the annotation with this model's predictions, and the text with its tokenizer."
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help="Check the text with this encoder's tokenizer; --folds trains it."),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds",
            min=2,
            metavar="K",
            help="Compare the annotation with the predictions of K models, each trained on the other K - 1 folds.",
        ),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting for training with --folds; may be repeated."),
    ] = None,
    fix: Annotated[
        Path | None,
        typer.Option("--fix", metavar="DIR", help="Write the files with all safe fixes to DIR, and a diff."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Findings to show for each check; 0 for all.")] = 10,
    fail_on: Annotated[
        FailOn,
        typer.Option(
            "--fail-on", help="End with status 1 if a finding is at least this severe: error, warning, never."
        ),
    ] = FailOn.ERROR,
    format: FormatOption = None,
    options: ReadOptions,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False,
) -> None:
    """Look for errors in annotated text: broken tags, leaks between train, dev and test, contradictory labels.

    Example: onoma check --train train.conll --dev dev.conll --test test.conll

    Each finding says where the problem is, what it is, why it is a problem, and what to do about it. The most severe
    and most certain findings come first. Exit status: 0 if no finding is as severe as --fail-on, 1 if at least one is,
    2 if a file cannot be used.
    """
    from onoma.api.checking import check

    settings: dict[str, object] = {}
    if sets:
        from onoma.api.extras import need_training

        need_training()
        from onoma.training import read_setting

        settings = dict(map(read_setting, sets))
    with _create_progress(folds) as on_event:
        result = check(
            list(files or ()),
            train=list(train or ()),
            dev=list(dev or ()),
            test=list(test or ()),
            model=model,
            encoder=encoder,
            folds=folds,
            settings=settings,
            fix=fix,
            format=format,
            options=options,
            threads=threads,
            on_event=on_event,
        )
    if as_json:
        print_result(result)
    else:
        _print_findings(result, limit=limit)
    for fixed in result.fixed:
        _print_fixed(fixed)
    if fail_on is not FailOn.NEVER and result.fails("error" if fail_on is FailOn.ERROR else "warning"):
        raise typer.Exit(1)


def _create_progress(folds: int | None) -> AbstractContextManager[Listener | None]:
    """Return the progress display for training with --folds, or an empty context without it."""
    if folds is None:
        return nullcontext()
    from onoma.api.extras import need_training

    need_training()
    from onoma.cli.progress import TrainingProgress

    return TrainingProgress()


def _print_findings(result: CheckResult, *, limit: int) -> None:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in result.findings:
        groups[finding.severity, finding.check].append(finding)
    for (severity, check), findings in groups.items():
        print_line(f"{severity}: {check}: {len(findings):,}")
        for finding in findings[: limit or None]:
            print_line(f"  {finding.where}: {finding.what}\n    {finding.why}; {finding.fix}")
        if limit and len(findings) > limit:
            print_line(f"  … and {len(findings) - limit:,} more; --limit 0 shows all")
    counts = ", ".join(counted(result.count(severity), severity) for severity in ("error", "warning", "note"))
    print_line(f"{counted(len(result.cases), 'document')} checked: {counts}")


def _print_fixed(fixed: Fixed) -> None:
    from onoma.doctor import DIFF

    print_notes(f"{fixed.target}: {notice}" for notice in fixed.lost)
    summary = f"{counted(fixed.changed, 'document')} changed, {fixed.dropped:,} dropped"
    print_message(f"{fixed.target}: {summary}; see {fixed.target.parent / DIFF}")
