"""``onoma prune``: makes an encoder smaller before it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import Encoding


def run(
    *,
    encoder: Annotated[
        str, typer.Argument(help="small, multilingual, a folder, or a Hub id; also a trained model's folder.")
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Text, in any format, whose subwords are kept.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the encoder to.", show_default=False)],
    vocab_size: Annotated[
        int, typer.Option("--vocab-size", min=1, help="Subwords to keep at most, given text.")
    ] = 40_000,
    layers: Annotated[
        int | None, typer.Option("--layers", min=1, help="Layers to keep, spread evenly; all if not given.")
    ] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Cut an encoder's vocabulary to what some text needs, and its layers.

    Example: onoma prune multilingual english.txt --vocab-size 40000 --layers 6 --output encoders/english

    A vocabulary for a hundred languages is most of a small encoder, and for one language most of it is never used.
    Leaving it out changes nothing on text like the one given. An encoder with fewer layers has to be trained before it
    is good for anything, best from what the whole one says of much text.
    """
    from onoma.api.pruning import prune

    kept = prune(encoder, output=output, texts=files or (), vocab_size=vocab_size, layers=layers, encoding=encoding)
    layers_kept, subwords_kept = kept.hf_config["num_hidden_layers"], kept.tokenizer.get_vocab_size()
    typer.echo(f"{output}: layers: {layers_kept}, subwords: {subwords_kept:,}", err=True)
