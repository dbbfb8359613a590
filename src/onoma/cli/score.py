"""``onoma score``: judges predicted entities against gold ones, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import (
    AsJson,
    Encoding,
    Format,
    Labels,
    Lacks,
    PositionDigit,
    SchemeName,
    Strict,
    TagColumn,
    WordColumn,
    read_options,
)
from onoma.cli.report import Against, Also, ShowErrors, Training, judge_all, print_judged, tell_reading


def run(
    *,
    gold: Annotated[Path, typer.Argument(help="File with the gold entities.", show_default=False)],
    predicted: Annotated[Path, typer.Argument(help="File with the predicted entities.", show_default=False)],
    against: Against = None,
    also: Also = None,
    errors: ShowErrors = False,
    training: Training = None,
    format: Format = None,
    scheme: SchemeName = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    strict: Strict = False,
    labels: Labels = None,
    lacks: Lacks = None,
    as_json: AsJson = False,
) -> None:
    """Score a file of predictions against a file of gold entities.

    Example: onoma score test.gold.conll test.predicted.conll

    The two may be of different formats; they are compared by character offsets where their texts agree, else word by
    word. --against and --also name further files of predictions.
    """
    from onoma.corpora import read
    from onoma.metrics import align

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
    systems = dict.fromkeys(path for path in (predicted, against, *(also or ())) if path is not None)
    readings = {path: read(path, format=format, options=options) for path in (gold, *systems)}
    aligned = {path: list(align(readings[gold], readings[path])) for path in systems}
    judged = judge_all(
        aligned[predicted],
        against=None if against is None else aligned[against],
        also=[aligned[path] for path in also or ()],
        training=None if training is None else read(training, options=options),
    )
    for reading in readings.values():
        tell_reading(reading)
    title = f"{predicted.name} against {gold.name}"
    print_judged(judged, as_json=as_json, title=title, other=against.name if against else "", errors=errors)
