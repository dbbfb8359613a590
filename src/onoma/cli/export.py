"""``onoma export``: exports a model's ONNX graph, in fp32 or int8."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import ENTITIES, FormatOption, ModelFolder, reads
from onoma.cli.output import print_message
from onoma.corpora import ReadOptions


@reads(*ENTITIES, "documents")
def run(
    *,
    model: ModelFolder,
    quantize: Annotated[str | None, typer.Option("--quantize", help="int8; fp32 if not given.")] = None,
    dev: Annotated[
        Path | None,
        typer.Option("--dev", help="Annotated text to measure int8 on; if it passes, the model prefers int8."),
    ] = None,
    max_loss: Annotated[
        float | None,
        typer.Option(
            "--max-loss", min=0.0, help="Maximum loss of exact F1 on --dev through int8, in points; 0.2 if not given."
        ),
    ] = None,
    exact_layers: Annotated[
        int, typer.Option("--exact-layers", min=0, help="How many of the lowest layers to leave in fp32.")
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for a new model without weights; MODEL itself if not given."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the model at --output if there is one.")
    ] = False,
    format: FormatOption = None,
    options: ReadOptions,
) -> None:
    """Export a model's ONNX graph in fp32 or int8, and check its results against those of the weights.

    Example: onoma export runs/mine --quantize int8 --dev dev.conll --output shipped
    """
    from onoma.api.exporting import export_model

    exported = export_model(
        model,
        quantize=quantize,
        dev=dev,
        max_loss=max_loss,
        exact_layers=exact_layers,
        output=output,
        overwrite=overwrite,
        format=format,
        options=options,
    )
    print_message(f"{exported.path}: {exported.path.stat().st_size / 1e6:,.1f} MB")
    for finding in exported.findings():
        print_message(finding)
