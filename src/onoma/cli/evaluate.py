"""``onoma evaluate``: scores a model on annotated text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import (
    AsJson,
    Encoding,
    Format,
    Labels,
    Lacks,
    Model,
    PositionDigit,
    Precision,
    SchemeName,
    Strict,
    TagColumn,
    Threads,
    WordColumn,
    read_options,
)
from onoma.cli.report import print_report, tell_reading


def run(
    *,
    model: Model,
    data: Annotated[Path, typer.Argument(help="Annotated text.", show_default=False)],
    raw: Annotated[
        bool, typer.Option("--raw", help="Tag the text itself, without the words and sentences that the file gives.")
    ] = False,
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
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Tag annotated text and score the result.

    Example: onoma evaluate runs/mine test.conll
    """
    from onoma.api import evaluate, load
    from onoma.corpora import read

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
    tagger = load(model, precision=precision, threads=threads)
    reading = read(data, format=format, options=options)
    documents = (replace(document, words=None, sentences=None) if raw else document for document in reading)
    report = evaluate(tagger, documents)
    tell_reading(reading)
    print_report(report, as_json=as_json, title=f"{model.name} on {data.name}")
