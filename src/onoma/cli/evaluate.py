"""``onoma evaluate``: scores a model on annotated text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import (
    ENTITIES,
    AgainstOption,
    AsJson,
    DtypeOption,
    FormatOption,
    ModelArgument,
    Page,
    Seeds,
    ShowErrors,
    StructureOption,
    Threads,
    TrainingTextOption,
    reads,
)
from onoma.cli.output import print_notes, print_report
from onoma.corpora import ReadOptions


@reads(*ENTITIES, "documents", "unannotated")
def run(
    *,
    model: ModelArgument,
    data: Annotated[Path, typer.Argument(help="Annotated text.", show_default=False)],
    raw: Annotated[
        bool, typer.Option("--raw", help="Tag the text alone; ignore the words and sentence bounds of the file.")
    ] = False,
    against: AgainstOption = None,
    seeds: Seeds = None,
    errors: ShowErrors = False,
    train: TrainingTextOption = None,
    page: Page = None,
    format: FormatOption = None,
    options: ReadOptions,
    threads: Threads = None,
    dtype: DtypeOption = "auto",
    structure: StructureOption = True,
    as_json: AsJson = False,
) -> None:
    """Tag annotated text with a model and score the predictions.

    Example: onoma evaluate runs/mine test.conll

    --against and --seeds accept further models.
    """
    from onoma.api.evaluating import evaluate

    report = evaluate(
        model,
        data,
        against=against,
        seeds=seeds or (),
        train=train,
        raw=raw,
        report=page,
        format=format,
        options=options,
        dtype=dtype,
        threads=threads,
        structure=structure,
    )
    print_report(report, title=f"{model.name} on {data.name}", as_json=as_json, errors=errors)
    if page is not None:
        print_notes([f"page written to {page}"])
