"""``onoma train``: fine-tunes an encoder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import EXIT_INTERRUPTED, Resume, Settings, reads_training_data


@reads_training_data
def run(
    *,
    config: Annotated[
        Path | None, typer.Argument(metavar="RUN.toml", help="File with settings of the run.", show_default=False)
    ] = None,
    texts: Annotated[
        list[Path] | None, typer.Option("--train", help="Annotated text to train on; may be repeated.")
    ] = None,
    dev: Annotated[
        list[Path] | None, typer.Option("--dev", help="Annotated text on which the best epoch is chosen.")
    ] = None,
    test: Annotated[
        list[Path] | None, typer.Option("--test", help="Annotated text on which the finished model is scored.")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            help="small, multilingual, a folder, or a Hub id; or a baseline without one: crf, bilstm, gazetteer.",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write the model to.")] = None,
    sets: Settings = None,
    data_settings: dict[str, object],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a model at the output; discard an unfinished run.")
    ] = False,
    resume: Resume = False,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Resume even if settings, data or versions have changed.")
    ] = False,
) -> None:
    """Fine-tune BERT on annotated text.

    Example: onoma train --train train.conll --dev dev.conll --encoder small --output runs/mine

    Settings are read from RUN.toml, then from options, then from --set; later ones take precedence (tables data, model,
    training; for instance --set training.epochs=5). Ctrl-C stops training and keeps the best model so far; a second
    Ctrl-C aborts.

    An unfinished run is continued with: onoma train --output runs/mine --resume. The result is the same as without the
    interruption. Without RUN.toml, settings that are not given are taken from the unfinished run.
    """
    from onoma.api.extras import need_training
    from onoma.api.training import train

    need_training()
    from onoma.cli.progress import TrainingProgress
    from onoma.training import find_ranks, read_setting

    with TrainingProgress() as progress:
        result = train(
            config,
            train=texts,
            dev=dev,
            test=test,
            encoder=encoder,
            output=output,
            settings={**data_settings, **dict(map(read_setting, sets or ()))},
            overwrite=overwrite,
            resume=resume,
            accept_changes=accept_changes,
            on_event=progress,
        )
    if find_ranks().first:
        next_command = f"onoma tag --model {shlex.quote(str(result.folder))} --text '…'"
        progress.finish(f"model written to {result.folder}", advice=next_command)
    if progress.stopped:
        raise typer.Exit(EXIT_INTERRUPTED)
