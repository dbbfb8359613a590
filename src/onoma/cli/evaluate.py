"""``onoma evaluate``: scores a model on annotated text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import (
    AsJson,
    Dtype,
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
from onoma.cli.report import (
    Against,
    Also,
    Page,
    ShowErrors,
    Training,
    check_page,
    judge_all,
    print_judged,
    tell_reading,
    write_page,
)


def run(
    *,
    model: Model,
    data: Annotated[Path, typer.Argument(help="Annotated text.", show_default=False)],
    raw: Annotated[
        bool, typer.Option("--raw", help="Tag the text itself, without the words and sentences that the file gives.")
    ] = False,
    against: Against = None,
    also: Also = None,
    errors: ShowErrors = False,
    training: Training = None,
    page: Page = None,
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
    dtype: Dtype = "auto",
    as_json: AsJson = False,
) -> None:
    """Tag annotated text and score the result.

    Example: onoma evaluate runs/mine test.conll

    --against and --also name further models.
    """
    from onoma.api.loading import load
    from onoma.corpora import read
    from onoma.evaluation.evaluate import tag_gold

    check_page(page)
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
    reading = read(data, format=format, options=options)
    documents = [replace(document, words=None, sentences=None) if raw else document for document in reading]
    models = dict.fromkeys(path for path in (model, against, *(also or ())) if path is not None)
    aligned = {path: list(tag_gold(load(path, dtype=dtype, threads=threads), documents)) for path in models}
    judged = judge_all(
        aligned[model],
        against=None if against is None else aligned[against],
        also=[aligned[path] for path in also or ()],
        training=None if training is None else read(training, options=options),
    )
    tell_reading(reading)
    title = f"{model.name} on {data.name}"
    other = against.name if against else ""
    write_page(page, judged, pairs=aligned[model], title=title, other=other)
    print_judged(judged, as_json=as_json, title=title, other=other, errors=errors)
