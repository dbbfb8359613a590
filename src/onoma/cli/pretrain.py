"""``onoma pretrain``: pre-trains an encoder on unlabelled text."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import EXIT_INTERRUPTED, FilesEncoding, Resume, Settings
from onoma.cli.output import print_line


def run(
    *,
    config: Annotated[
        Path | None, typer.Argument(metavar="RUN.toml", help="File with settings of the run.", show_default=False)
    ] = None,
    texts: Annotated[
        list[Path] | None,
        typer.Option("--text", help="Plain or annotated text to train on, a file or a folder; may be repeated."),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help="Encoder to continue from: small, multilingual, a folder, or a Hub id."),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", help="Encoder to distil: learn to resemble it; named like --encoder.")
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(
            "--shape", help="Size of a new encoder: tiny, mini, small, base; or teacher, for some of its layers."
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0, help="Plan as many steps as fit into this time.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write the encoder to.")] = None,
    sets: Settings = None,
    encoding: FilesEncoding = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an encoder at the output; discard an unfinished run.")
    ] = False,
    resume: Resume = False,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Resume even if settings, text or versions have changed.")
    ] = False,
) -> None:
    """Pre-train a BERT encoder on unlabelled text (masked words and sentence pairs), or distil one from a teacher.

    Example: onoma pretrain --text tweets.txt --encoder small --minutes 20 --output encoders/tweets

    With --encoder, pre-training continues with an existing encoder, to adapt it to the text. Without it, a new encoder
    of the given --shape is created, with a vocabulary built from the text. The output folder can be used with onoma
    train --encoder and with transformers.

    With --teacher, nothing is masked: the encoder learns to reproduce the hidden states and the attention of the
    teacher. A new encoder uses the teacher's tokenizer. With --shape teacher, it is initialised with every second layer
    of the teacher, or with as many layers as set by --set model.layers=N.

    Settings are read from RUN.toml, then from options, then from --set; later ones take precedence (tables data, model,
    objective, training; for instance --set objective.masking=spans). Ctrl-C stops the run and keeps the best encoder so
    far; a second Ctrl-C aborts. An unfinished run is continued with: onoma pretrain --output encoders/tweets --resume
    """
    from onoma.api.extras import need_training
    from onoma.api.pretraining import pretrain

    need_training()
    from onoma.cli.progress import TrainingProgress
    from onoma.training import find_ranks, read_setting
    from onoma.views import figure_lines

    with TrainingProgress() as progress:
        result = pretrain(
            config,
            text=texts,
            encoder=encoder,
            teacher=teacher,
            shape=shape,
            minutes=minutes,
            output=output,
            settings={"data.encoding": encoding, **dict(map(read_setting, sets or ()))},
            overwrite=overwrite,
            resume=resume,
            accept_changes=accept_changes,
            on_event=progress,
        )
    if find_ranks().first:
        for name, value in figure_lines(result.figures):
            print_line(f"{name}: {value}")
        progress.finish(
            f"encoder written to {result.folder}",
            advice=f"onoma train --encoder {shlex.quote(str(result.folder))} --train …",
        )
    if progress.stopped:
        raise typer.Exit(EXIT_INTERRUPTED)
