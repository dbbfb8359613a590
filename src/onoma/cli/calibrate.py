"""``onoma calibrate``: makes a model's scores honest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onoma.cli.options import (
    Encoding,
    Format,
    Labels,
    Model,
    PositionDigit,
    SchemeName,
    Strict,
    TagColumn,
    Threads,
    Unannotated,
    WordColumn,
    read_options,
)
from onoma.cli.report import tell_reading

if TYPE_CHECKING:
    from onoma.evaluation import Calibrated
    from onoma.metrics import Point, Wanted

    Chosen = Mapping[Wanted, Mapping[str, Point | None]]


def run(
    *,
    model: Model,
    dev: Annotated[Path, typer.Argument(help="Annotated text that the model was not trained on.", show_default=False)],
    precision: Annotated[
        float | None,
        typer.Option("--precision", min=0, max=1, help="Show the score to ask for to have this precision."),
    ] = None,
    recall: Annotated[
        float | None, typer.Option("--recall", min=0, max=1, help="Show the score to ask for to keep this recall.")
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply", help="Write these scores into the model, which then leaves out entities that score less."
        ),
    ] = False,
    format: Format = None,
    scheme: SchemeName = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    strict: Strict = False,
    labels: Labels = None,
    unannotated: Unannotated = None,
    threads: Threads = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all as JSON, with the whole curve of thresholds of each label.")
    ] = False,
) -> None:
    """Fit the calibration by which a model's scores are honest, and write it into the model.

    Example: onoma calibrate runs/mine dev.conll --precision 0.9
    """
    from onoma.api.evaluating import calibrate
    from onoma.corpora import read
    from onoma.errors import InputError

    if apply and precision is None and recall is None:
        raise InputError("--apply writes the scores that --precision or --recall ask for; pass one of them")
    options = read_options(
        scheme=scheme,
        word_column=word_column,
        tag_column=tag_column,
        position_digit=position_digit,
        encoding=encoding,
        strict=strict,
        labels=labels,
        unannotated=unannotated,
    )
    reading = read(dev, format=format, options=options)
    fitted = calibrate(
        model,
        reading,
        precision=precision if apply else None,
        recall=recall if apply else None,
        threads=threads,
    )
    tell_reading(reading)
    chosen: dict[Wanted, Mapping[str, Point | None]] = {}
    if precision is not None:
        chosen["precision"] = fitted.thresholds(wanted=precision, of="precision")
    if recall is not None:
        chosen["recall"] = fitted.thresholds(wanted=recall, of="recall")
    if as_json:
        typer.echo(json.dumps(_as_json(fitted, chosen), indent=2, ensure_ascii=False))
    else:
        _show(fitted, chosen, applied=apply)


def _as_json(fitted: Calibrated, chosen: Chosen) -> dict[str, object]:
    return {
        "temperature": fitted.temperature,
        "slope": fitted.scaling.slope,
        "intercept": fitted.scaling.intercept,
        "before": fitted.before.to_json(),
        "after": fitted.after.to_json(),
        "thresholds": {
            of: {label: point and point.to_json() for label, point in points.items()} for of, points in chosen.items()
        },
        "curves": {label: [point.to_json() for point in curve] for label, curve in fitted.curves.items()},
    }


def _show(fitted: Calibrated, chosen: Chosen, *, applied: bool) -> None:
    from rich.console import Console

    from onoma.views import reliability_table, thresholds_table

    console = Console(highlight=False)
    slope, intercept = fitted.scaling.slope, fitted.scaling.intercept
    console.print(
        f"temperature {fitted.temperature:.3f}, slope {slope:.3f}, intercept {intercept:+.3f}, written into the model"
    )
    for title, of in (("before", fitted.before), ("after", fitted.after)):
        console.print(reliability_table(of, title=title))
    for name, points in chosen.items():
        what = "entities that score less are left out from now on" if applied else "score to ask for"
        console.print(thresholds_table(points, title=f"{what}, for the {name} wanted"))
