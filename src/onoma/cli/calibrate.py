"""``onoma calibrate``: calibrates a model's scores as probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onoma.cli.options import ENTITIES, FormatOption, ModelFolder, Threads, reads
from onoma.cli.output import print_notes, print_result
from onoma.corpora import ReadOptions

if TYPE_CHECKING:
    from onoma.evaluation import CalibrationResult


@reads(*ENTITIES, "documents", "unannotated")
def run(
    *,
    model: ModelFolder,
    dev: Annotated[Path, typer.Argument(help="Annotated text that the model was not trained on.", show_default=False)],
    precision: Annotated[
        float | None,
        typer.Option("--precision", min=0, max=1, help="Show the threshold that has this precision."),
    ] = None,
    recall: Annotated[
        float | None,
        typer.Option("--recall", min=0, max=1, help="Show the threshold that keeps this recall."),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply", help="Write these thresholds into the model; it then leaves out entities with a lower score."
        ),
    ] = False,
    format: FormatOption = None,
    options: ReadOptions,
    threads: Threads = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, with the curve of thresholds of each label.")
    ] = False,
) -> None:
    """Calibrate a model's scores as probabilities, and write the calibration into the model.

    Example: onoma calibrate runs/mine dev.conll --precision 0.9
    """
    from onoma.api.calibrating import calibrate

    result = calibrate(
        model, dev, precision=precision, recall=recall, apply=apply, format=format, options=options, threads=threads
    )
    print_notes(result.notes)
    if as_json:
        print_result(result)
    else:
        _print_calibration(result, applied=apply)


def _print_calibration(result: CalibrationResult, *, applied: bool) -> None:
    from onoma.cli.console import PlainConsole
    from onoma.views import reliability_table, thresholds_table

    console = PlainConsole()
    slope, intercept = result.scaling.slope, result.scaling.intercept
    console.print(
        f"temperature {result.temperature:.3f}, slope {slope:.3f}, intercept {intercept:+.3f}, written into the model"
    )
    for title, reliability in (("before", result.before), ("after", result.after)):
        console.print(reliability_table(reliability, title=title))
    for name, points in result.chosen.items():
        description = "entities with a lower score are now left out" if applied else "lowest score to keep"
        console.print(thresholds_table(points, title=f"{description}, for the given {name}"))
