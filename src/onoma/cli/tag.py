"""``onoma tag``: tags the entities in texts."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onoma.api.streaming import TARGETS
from onoma.cli.options import EXIT_INTERRUPTED, WORDS, DtypeOption, StructureOption, Threads, reads
from onoma.cli.output import flush_each_line, print_message, print_notes
from onoma.corpora import FORMATS, ReadOptions
from onoma.errors import InputError
from onoma.io.once import STANDARD_INPUT
from onoma.text import Document

if TYPE_CHECKING:
    from onoma.bulk import DeadLetter

EXIT_SOME_FAILED = 3
"""Exit status if some rows could not be tagged."""


@reads(*WORDS, "documents")
def run(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, folders, patterns or pipes to tag; - or none for standard input.", show_default=False
        ),
    ] = None,
    model: Annotated[
        Path,
        typer.Option(
            "--model",
            "-m",
            help="en (the English model that comes with onoma), or a folder that `onoma train` has written.",
            envvar="ONOMA_MODEL",
        ),
    ] = Path("en"),
    text: Annotated[list[str] | None, typer.Option("--text", help="A text to tag; may be repeated.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Treat each line as a separate text.")] = False,
    column: Annotated[
        str | None,
        typer.Option("--column", help="Column of a table, or key of JSON records, with the text; `text` if not given."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help=f"Format to write: {', '.join(TARGETS)}. By the suffix of --output, else pretty."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="File to write, or folder/ for several files; standard output if not given."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output if it exists; discard an unfinished job.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the unfinished job at the output.")] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes that tag, each with its own copy of the model.")
    ] = 1,
    engine: Annotated[
        str, typer.Option("--engine", help="Where the workers run: local (this machine) or ray (a Ray cluster).")
    ] = "local",
    shard_rows: Annotated[
        int | None, typer.Option("--shard-rows", min=1, help="Rows to write at once; 1,024 if not given.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"Format of the input: csv, parquet, {', '.join(FORMATS)}. Detected automatically if not given.",
        ),
    ] = None,
    options: ReadOptions,
    threads: Threads = None,
    dtype: DtypeOption = "auto",
    structure: StructureOption = True,
) -> None:
    """Find the names in text.

    Example: onoma tag --text "Ada Lovelace lived in London."

    Files may be plain text, JSON Lines or CSV (each also as .gz or .zst), Parquet, or any annotated format, whose own
    entities are ignored.

    Tagging files to JSON Lines, CSV, TSV or Parquet runs as a job: every row is written exactly once, --resume
    continues an unfinished job, and rows that cannot be tagged are written to OUTPUT.dead.jsonl with the reason; the
    exit status is then 3. Input from a pipe can be read only once, so it is tagged as a stream instead; with --lines,
    each line is tagged as it arrives.
    """
    if text and files:
        raise InputError("--text and files were both given; pass one of them")
    if text and (lines or column is not None or format is not None):
        raise InputError("--lines, --column and --format say how files are read; leave them out with --text")
    if lines:
        options = replace(options, text_unit="line")
    if output == str(STANDARD_INPUT):  # "-" also stands for standard output
        output = None
    input_paths = list(files or ()) or [STANDARD_INPUT]
    if not text and STANDARD_INPUT in input_paths and sys.stdin is not None and sys.stdin.isatty():
        print_message("reading text from the terminal; end it with Ctrl-D")
    if not text and output is not None:
        _tag_files(
            input_paths,
            model=model,
            output=output,
            to=to,
            column=column,
            format=format,
            options=options,
            engine=engine,
            workers=workers,
            threads=threads,
            dtype=dtype,
            structure=structure,
            shard_rows=shard_rows,
            overwrite=overwrite,
            resume=resume,
        )
        return
    from onoma.api.loading import load
    from onoma.api.streaming import (
        check_free,
        check_streamed,
        documents_of,
        layer_kinds,
        tagged,
        target_of,
        untagged,
        write_documents,
    )

    path = Path("-" if output is None else output)
    target = target_of(output, to=to)
    check_streamed(target, resume=resume, workers=workers, engine=engine)
    check_free("-" if output is None else output, overwrite=overwrite)
    failures: list[str] = []

    def report_failure(letter: DeadLetter) -> None:
        failures.append(untagged(letter))
        print_notes(failures[-1:])

    tagger = load(model, dtype=dtype, threads=threads, structure=structure)
    if text:
        write_documents(tagger.tag_many(map(Document, text)), path, to=target, layers=layer_kinds(tagger))
        return
    from onoma.bulk import find_inputs

    inputs = find_inputs(input_paths, column=column, format=format, options=options)
    print_notes(inputs.notices())
    documents = documents_of(inputs, failed=report_failure)
    if inputs.once:
        flush_each_line()
    write_documents(tagged(tagger, inputs, documents), path, to=target, layers=layer_kinds(tagger))
    if failures:
        raise typer.Exit(EXIT_SOME_FAILED)


def _tag_files(files: list[Path], **settings: Any) -> None:
    """Tag files to a file or a folder, and show the progress."""
    from onoma.api.tagging import tag_files
    from onoma.cli.bulk_progress import BulkProgress

    with BulkProgress() as progress:
        try:
            report = tag_files(files, observer=progress, **settings)
        except KeyboardInterrupt:
            kept = "; finished rows are kept, and the same command with --resume continues"
            progress.notice(f"interrupted{kept if progress.has_begun else ''}")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        progress.finish(report)
    if report.dead:
        raise typer.Exit(EXIT_SOME_FAILED)
