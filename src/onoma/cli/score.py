"""``onoma score``: scores predicted entities against gold entities, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import (
    ENTITIES,
    AgainstOption,
    AsJson,
    FormatOption,
    Page,
    Seeds,
    ShowErrors,
    TrainingTextOption,
    reads,
)
from onoma.cli.output import print_notes, print_report
from onoma.corpora import ReadOptions


@reads(*ENTITIES, "unannotated")
def run(
    *,
    gold: Annotated[Path, typer.Argument(help="File with the gold entities.", show_default=False)],
    predicted: Annotated[Path, typer.Argument(help="File with the predicted entities.", show_default=False)],
    against: AgainstOption = None,
    seeds: Seeds = None,
    errors: ShowErrors = False,
    train: TrainingTextOption = None,
    page: Page = None,
    format: FormatOption = None,
    options: ReadOptions,
    as_json: AsJson = False,
) -> None:
    """Score a file of predictions against a file of gold entities.

    Example: onoma score test.gold.conll test.predicted.conll

    The files may have different formats. Entities are compared by character offsets if the texts are equal, and by
    words otherwise. --against and --seeds accept further files of predictions.
    """
    from onoma.api.evaluating import score

    report = score(
        gold, predicted, against=against, seeds=seeds or (), train=train, report=page, format=format, options=options
    )
    print_report(report, title=f"{predicted.name} against {gold.name}", as_json=as_json, errors=errors)
    if page is not None:
        print_notes([f"page written to {page}"])
