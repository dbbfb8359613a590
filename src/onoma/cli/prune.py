"""``onoma prune``: makes an encoder smaller before it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import Encoding
from onoma.cli.output import print_message


def run(
    *,
    encoder: Annotated[
        str, typer.Argument(help="small, multilingual, a Hub id, or a folder (also of a trained model).")
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Text in any format; the subwords that it needs are kept.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the encoder to.", show_default=False)],
    vocab_size: Annotated[
        int, typer.Option("--vocab-size", min=1, help="Maximum number of subwords to keep, if text is given.")
    ] = 40_000,
    layers: Annotated[
        int | None, typer.Option("--layers", min=1, help="Layers to keep, evenly spaced; all if not given.")
    ] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Make an encoder smaller by dropping layers and the subwords that the given text does not need.

    Example: onoma prune multilingual english.txt --vocab-size 40000 --layers 6 --output encoders/english

    In a small multilingual encoder, most parameters are embeddings of a vocabulary for a hundred languages, of which
    one language needs only a few. On text like the given text, the encoder without the dropped subwords gives the same
    results. An encoder with fewer layers is useful only after training, ideally on the original encoder's predictions
    for a large amount of text.
    """
    from onoma.api.pruning import prune

    pruned = prune(encoder, output=output, texts=files or (), vocab_size=vocab_size, layers=layers, encoding=encoding)
    layer_count, subword_count = pruned.hf_config["num_hidden_layers"], pruned.tokenizer.get_vocab_size()
    print_message(f"{output}: layers: {layer_count}, subwords: {subword_count:,}")
