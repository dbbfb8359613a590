"""``onoma index``: stores the training entities in the model folder, for ``onoma explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import ENTITIES, FormatOption, ModelFolder, reads
from onoma.cli.output import print_line, print_notes
from onoma.corpora import ReadOptions


@reads(*ENTITIES, "documents")
def run(
    *,
    model: ModelFolder,
    train: Annotated[
        list[Path], typer.Argument(help="Annotated text, best what the model was trained on.", show_default=False)
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the index if there is one.")] = False,
    format: FormatOption = None,
    options: ReadOptions,
) -> None:
    """Store the entities of the training data in the model folder, so that `onoma explain` can show similar ones.

    Example: onoma index runs/mine train.conll
    """
    from onoma.api.explaining import index_mentions

    result = index_mentions(model, train, overwrite=overwrite, format=format, options=options)
    if result.left_out:
        print_notes(
            [f"{result.left_out:,} entities were left out: they cross a sentence boundary or fit into no window"]
        )
    print_line(f"{len(result.mentions):,} entities written to {model / 'evidence'}")
