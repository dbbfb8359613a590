"""``onoma convert``: converts annotated text between formats and tagging schemes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import ENTITIES, FormatOption, reads
from onoma.cli.output import print_message, print_notes
from onoma.corpora import LAYOUTS, WRITABLE, ReadOptions
from onoma.counting import counted, counted_entities


@reads(*ENTITIES, "documents")
def run(
    *,
    source: Annotated[Path, typer.Argument(metavar="IN", help="File or folder to read.", show_default=False)],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="File or folder to write.", show_default=False)],
    to: Annotated[
        str | None, typer.Option("--to", help=f"Format to write: {', '.join(WRITABLE)}. By OUT's suffix if not given.")
    ] = None,
    to_scheme: Annotated[
        str, typer.Option("--to-scheme", help="Tagging scheme to write, for formats with tags.")
    ] = "BIO",
    layout: Annotated[str, typer.Option("--layout", help=f"Layout of JSONL: {', '.join(LAYOUTS)}.")] = "onoma",
    format: FormatOption = None,
    options: ReadOptions,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it is a file.")] = False,
) -> None:
    """Convert annotated text between formats and tagging schemes.

    Example: onoma convert train.conll train.jsonl

    What is not read, such as columns of lemmas, and what the target format cannot represent is named in notes, with
    counts.
    """
    from onoma.api.converting import convert

    result = convert(
        source,
        target,
        to=to,
        to_scheme=to_scheme,
        layout=layout,
        format=format,
        options=options,
        overwrite=overwrite,
    )
    print_notes(result.notes)
    print_message(f"{target}: {counted(result.documents, 'document')} with {counted_entities(result.entities)}")
