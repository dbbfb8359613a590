"""``onoma index``: writes an index of training mentions into a model, for `onoma explain` to show as evidence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import ENTITIES, Format, Model, reads
from onoma.corpora import ReadOptions


@reads(*ENTITIES)
def run(
    *,
    model: Model,
    train: Annotated[
        list[Path], typer.Argument(help="Annotated text, best what the model has learnt from.", show_default=False)
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the index that is there.")] = False,
    format: Format = None,
    options: ReadOptions,
) -> None:
    """Keep the mentions of the training data beside a model, so that `onoma explain` can show the nearest ones.

    Example: onoma index runs/mine train.conll
    """
    from onoma.api.explaining import index_mentions

    found = index_mentions(model, train, overwrite=overwrite, format=format, options=options)
    if found.left_out:
        print(
            f"note: {found.left_out:,} entities are left out: they cross the end of a sentence or fit no window",
            file=sys.stderr,
        )
    typer.echo(f"{len(found.mentions):,} mentions in {model / 'evidence'}")
