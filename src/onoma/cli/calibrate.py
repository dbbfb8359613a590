"""``onoma calibrate``: makes a model's scores honest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from onoma.cli.options import (
    Encoding,
    Format,
    Labels,
    Lacks,
    Model,
    PositionDigit,
    SchemeName,
    Strict,
    TagColumn,
    Threads,
    WordColumn,
    read_options,
)
from onoma.cli.report import tell_reading

if TYPE_CHECKING:
    from onoma.evaluation import Calibrated
    from onoma.metrics import Point

    Curves = Mapping[str, tuple[Point, ...]]

Wanted = Mapping[Literal["precision", "recall"], float]


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
    format: Format = None,
    scheme: SchemeName = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    strict: Strict = False,
    labels: Labels = None,
    lacks: Lacks = None,
    threads: Threads = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all as JSON, with the whole curve of thresholds of each label.")
    ] = False,
) -> None:
    """Fit the temperature at which a model's scores are honest, and write it into the model.

    Example: onoma calibrate runs/mine dev.conll --precision 0.9
    """
    from onoma.api import calibrate
    from onoma.corpora import read
    from onoma.metrics import Scored, threshold_curve

    options = read_options(
        scheme=scheme,
        word_column=word_column,
        tag_column=tag_column,
        position_digit=position_digit,
        encoding=encoding,
        strict=strict,
        labels=labels,
        lacks=lacks,
    )
    reading = read(dev, format=format, options=options)
    fitted = calibrate(model, dev, format=format, options=options, threads=threads)
    tell_reading(reading)
    wanted: Wanted = {}
    if precision is not None:
        wanted = {**wanted, "precision": precision}
    if recall is not None:
        wanted = {**wanted, "recall": recall}
    curves = {label: threshold_curve(Scored.of(fitted.pairs, label=label)) for label in _labels(fitted)}
    if as_json:
        typer.echo(json.dumps(_as_json(fitted, curves, wanted), indent=2, ensure_ascii=False))
    else:
        _show(fitted, curves, wanted)


def _as_json(fitted: Calibrated, curves: Curves, wanted: Wanted) -> dict[str, object]:
    return {
        "temperature": fitted.temperature,
        "before": fitted.before.to_json(),
        "after": fitted.after.to_json(),
        "thresholds": {
            of: {label: point and point.to_json() for label, point in _chosen(curves, of, value).items()}
            for of, value in wanted.items()
        },
        "curves": {label: [point.to_json() for point in curve] for label, curve in curves.items()},
    }


def _show(fitted: Calibrated, curves: Curves, wanted: Wanted) -> None:
    from rich.console import Console

    from onoma.rendering import reliability_table, thresholds_table

    console = Console(highlight=False)
    console.print(f"temperature {fitted.temperature:.3f}, written into the model")
    for title, of in (("before", fitted.before), ("after", fitted.after)):
        console.print(reliability_table(of, title=title))
    for name, value in wanted.items():
        title = f"score to ask for, so that {name} is at least {value:.0%}"
        console.print(thresholds_table(_chosen(curves, name, value), title=title))


def _chosen(curves: Curves, of: Literal["precision", "recall"], value: float) -> dict[str, Point | None]:
    from onoma.metrics import choose_threshold

    return {label: choose_threshold(curve, wanted=value, of=of) for label, curve in curves.items()}


def _labels(fitted: Calibrated) -> list[str]:
    return sorted({mention.label for pair in fitted.pairs for mention in (*pair.gold, *pair.predicted)})
