"""``onoma tag``: finds the entities of texts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import (
    INTERRUPTED,
    Dtype,
    Encoding,
    PositionDigit,
    TagColumn,
    Threads,
    WordColumn,
    read_options,
)
from onoma.cli.streamed import Documents, tag_stream
from onoma.corpora import FORMATS
from onoma.errors import InputError
from onoma.io.suffixes import named_format

SOME_FAILED = 3
"""Exit status where all was tagged but for rows that could not be."""

_STREAMED = ("pretty", "jsonl", "conll", "html")
_SHARDED = ("jsonl", "csv", "parquet")
_TARGETS = tuple(dict.fromkeys((*_STREAMED, *_SHARDED)))


def run(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, folders or patterns to tag; standard input if none.", show_default=False),
    ] = None,
    model: Annotated[
        Path,
        typer.Option(
            "--model",
            "-m",
            help="en, the English model that comes with onoma, or a folder that `onoma train` has written.",
            envvar="ONOMA_MODEL",
        ),
    ] = Path("en"),
    text: Annotated[str | None, typer.Option("--text", help="A text to tag.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a text of its own.")] = False,
    column: Annotated[
        str | None,
        typer.Option("--column", help="Column of a table, or key of JSON Lines, that holds the text; else text."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help=f"How to write: {', '.join(_TARGETS)}. By the suffix of --output, else pretty."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="File to write, or folder/ of parts; standard output if not given."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output if it exists; forget an unfinished job.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the unfinished job at the output.")] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes that tag, each with a model of its own.")
    ] = 1,
    engine: Annotated[
        str, typer.Option("--engine", help="Where the workers are: local, this machine; ray, a Ray cluster.")
    ] = "local",
    shard_rows: Annotated[
        int | None, typer.Option("--shard-rows", min=1, help="Rows that are written at once; 1,024 if not given.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"Format of the input: csv, parquet, {', '.join(FORMATS)}. detected automatically if not given.",
        ),
    ] = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    threads: Threads = None,
    dtype: Dtype = "auto",
) -> None:
    """Find the names in text.

    Example: onoma tag --text "Ada Lovelace lived in London."

    Files may be plain text, JSON Lines or CSV (these also as .gz or .zst), Parquet, or any annotated format; the
    entities that a file holds are not looked at.

    Files that are tagged to JSON Lines, CSV or Parquet are a job: every row is written once, what was stopped goes on
    with --resume, and rows that cannot be tagged go to OUTPUT.dead.jsonl with the reason; the exit status is then 3.
    """
    from onoma.api.loading import load
    from onoma.api.tagging import tag_files

    options = read_options(
        word_column=word_column,
        tag_column=tag_column,
        position_digit=position_digit,
        encoding=encoding,
        lines=lines,
    )
    if text is not None and files:
        raise InputError("--text and files were both given; tag one or the other")
    named = [path for path in files or () if path != Path("-")]
    target = to or _target_of(output)
    if target not in _TARGETS:
        raise InputError(f"--to {target}: there is no such output; there are {', '.join(_TARGETS)}")
    sharded = bool(named) and output is not None and target in _SHARDED and Path(output).suffix.lower() != ".json"
    if not sharded and (resume or workers > 1 or engine != "local" or target not in _STREAMED):
        raise InputError(
            "--resume, --workers, --engine, CSV and Parquet are for files that are tagged to an --output of "
            f"{', '.join(_SHARDED)}; name files and such an output"
        )
    if not sharded:
        documents = Documents(named, text=text, lines=lines, column=column, format=format, options=options)
        ready = partial(load, model, dtype=dtype, threads=threads)
        tag_stream(documents, load=ready, target=target, output=output, overwrite=overwrite)
        if documents.failed:
            raise typer.Exit(SOME_FAILED)
        return
    from onoma.bulk import ENGINES
    from onoma.cli.bulk_progress import BulkProgress

    assert output is not None
    chosen = next((name for name in ENGINES if name == engine), None)
    if chosen is None:
        raise InputError(f"--engine {engine}: there is no such engine; there are {', '.join(ENGINES)}")
    with BulkProgress() as progress:
        try:
            report = tag_files(
                named,
                model=model,
                output=output,
                to=to,
                column=column,
                format=format,
                options=options,
                engine=chosen,
                workers=workers,
                threads=threads,
                dtype=dtype,
                shard_rows=shard_rows,
                overwrite=overwrite,
                resume=resume,
                observer=progress,
            )
        except KeyboardInterrupt:
            progress.notice("interrupted; what is done stands, and the same command with --resume goes on")
            raise typer.Exit(INTERRUPTED) from None
        progress.finish(report)
    if report.dead:
        raise typer.Exit(SOME_FAILED)


def _target_of(output: str | None) -> str:
    if output is None:
        return "pretty"
    from onoma.bulk import is_folder

    named = named_format(Path(output))
    if is_folder(output) or named == "json":
        return "jsonl"
    return named if named in _TARGETS else "pretty"
