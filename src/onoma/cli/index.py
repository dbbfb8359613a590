"""``onoma index``: stores the training entities in the model folder, for ``onoma explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import ENTITIES, FormatOption, ModelFolder, reads
from onoma.cli.output import print_line, print_notes
from onoma.corpora import ReadOptions
from onoma.counting import counted_entities


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
            [f"left out: {counted_entities(result.left_out)} across a sentence boundary, or too long for a window"]
        )
    print_line(f"{counted_entities(len(result.mentions))} written to {model / 'evidence'}")
