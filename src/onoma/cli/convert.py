"""``onoma convert``: from one format and scheme to another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import (
    Encoding,
    Format,
    Labels,
    PositionDigit,
    SchemeName,
    Strict,
    TagColumn,
    WordColumn,
    read_options,
)
from onoma.cli.report import tell_reading
from onoma.corpora import FORMATS, LAYOUTS


def run(
    *,
    source: Annotated[Path, typer.Argument(metavar="IN", help="File or folder to read.", show_default=False)],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="File or folder to write.", show_default=False)],
    to: Annotated[
        str | None, typer.Option("--to", help=f"Format to write: {', '.join(FORMATS)}. By OUT's suffix if not given.")
    ] = None,
    to_scheme: Annotated[
        str, typer.Option("--to-scheme", help="Tagging scheme to write, where the format has tags.")
    ] = "BIO",
    layout: Annotated[str, typer.Option("--layout", help=f"Layout of JSONL: {', '.join(LAYOUTS)}.")] = "onoma",
    format: Format = None,
    scheme: SchemeName = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    strict: Strict = False,
    labels: Labels = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it exists.")] = False,
) -> None:
    """Convert annotated text between formats and tagging schemes.

    Example: onoma convert train.conll train.jsonl

    What the target cannot hold is said, with counts.
    """
    from onoma.corpora import WriteOptions, read, write
    from onoma.encoding import segment
    from onoma.errors import InputError

    if target.exists() and not overwrite:
        raise InputError(f"{target}: exists already; pass --overwrite to replace it, or name another file")
    options = read_options(
        scheme=scheme,
        word_column=word_column,
        tag_column=tag_column,
        position_digit=position_digit,
        encoding=encoding,
        strict=strict,
        labels=labels,
    )
    reading = read(source, format=format, options=options)
    written = write(reading, target, format=to, options=WriteOptions(scheme=to_scheme, layout=layout, segment=segment))
    tell_reading(reading)
    for notice in written.notices():
        print(f"note: {target}: {notice}", file=sys.stderr)
    print(f"{target}: {written.documents:,} documents with {written.entities:,} entities", file=sys.stderr)
