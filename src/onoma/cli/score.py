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
from onoma.cli.report import print_report, tell_reading


def run(
    *,
    gold: Annotated[Path, typer.Argument(help="File with the gold entities.", show_default=False)],
    predicted: Annotated[Path, typer.Argument(help="File with the predicted entities.", show_default=False)],
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
    word.
    """
    from onoma.corpora import read
    from onoma.metrics import score

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
    readings = [read(path, format=format, options=options) for path in (gold, predicted)]
    report = score(*readings)
    for reading in readings:
        tell_reading(reading)
    print_report(report, as_json=as_json, title=f"{predicted.name} against {gold.name}")
