"""``onoma tag``: finds the entities of texts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from onoma.cli.options import Encoding, Format, PositionDigit, TagColumn, Threads, WordColumn, read_options
from onoma.corpora import ReadOptions, read
from onoma.corpora.files import replacing
from onoma.errors import InputError
from onoma.text import Document

_TARGETS = ("pretty", "jsonl", "conll", "html")


def run(
    *,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to tag; standard input if none.", show_default=False)
    ] = None,
    model: Annotated[
        Path,
        typer.Option(
            "--model", "-m", help="A folder that `onoma train` has written.", envvar="ONOMA_MODEL", show_default=False
        ),
    ],
    text: Annotated[str | None, typer.Option("--text", help="A text to tag.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a text of its own.")] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", help=f"How to write: {', '.join(_TARGETS)}. By the suffix of --output, else pretty."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output if not given.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output if it exists.")] = False,
    format: Format = None,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    position_digit: PositionDigit = False,
    encoding: Encoding = "utf-8",
    threads: Threads = None,
) -> None:
    """Find the names in text.

    Example: onoma tag --model runs/mine --text "Ada Lovelace lived in London."

    Files may be plain text or any annotated format; the entities that a file holds are not looked at.
    """
    from onoma.api import load

    if text is not None and files:
        raise InputError("--text and files were both given; tag one or the other")
    if output is not None and output.exists() and not overwrite:
        raise InputError(f"{output}: exists already; pass --overwrite to replace it, or name another file")
    target = to or _target_of(output)
    if target not in _TARGETS:
        raise InputError(f"--to {target}: there is no such output; there are {', '.join(_TARGETS)}")
    options = read_options(
        word_column=word_column,
        tag_column=tag_column,
        position_digit=position_digit,
        encoding=encoding,
        lines=lines,
    )
    documents = _documents(files or [], text=text, lines=lines, format=format, options=options)
    tagged = load(model, threads=threads).tag_many(documents)
    if target == "pretty":
        _print_pretty(tagged, output)
    elif target == "html":
        _write_html(tagged, output)
    else:
        from onoma.corpora import WriteOptions, write
        from onoma.encoding import segment

        write(tagged, output or Path("-"), format=target, options=WriteOptions(segment=segment))


def _target_of(output: Path | None) -> str:
    suffixes = {
        ".jsonl": "jsonl",
        ".json": "jsonl",
        ".conll": "conll",
        ".tsv": "conll",
        ".html": "html",
        ".htm": "html",
    }
    return suffixes.get(output.suffix.lower(), "pretty") if output else "pretty"


def _documents(
    files: list[Path], *, text: str | None, lines: bool, format: str | None, options: ReadOptions
) -> Iterator[Document]:
    """What is to be tagged, without the entities it may hold."""
    if text is not None:
        yield Document(text)
    elif not files or files == [Path("-")]:
        yield from _standard_input(lines=lines)
    for path in files if text is None else ():
        if path != Path("-"):
            for document in read(path, format=format, options=options):
                yield replace(document, entities=())


def _standard_input(*, lines: bool) -> Iterator[Document]:
    if sys.stdin.isatty():
        print("reading text from the terminal; end it with Ctrl-D", file=sys.stderr)
    for number, line in enumerate(sys.stdin.buffer if lines else [sys.stdin.buffer.read()], start=1):
        try:
            decoded = line.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            byte = f"byte 0x{line[error.start]:02x} at {error.start + 1}"
            raise InputError(f"standard input:{number}: {byte} is not UTF-8; convert it first") from error
        yield Document(decoded.rstrip("\r\n") if lines else decoded)


def _print_pretty(documents: Iterable[Document], output: Path | None) -> None:
    from rich.console import Console

    from onoma.rendering import Palette, to_terminal

    with replacing(output or Path("-")) as file:
        console = Console(file=file, soft_wrap=True, highlight=False)
        palette = Palette()
        for document in documents:
            console.print(to_terminal(document, colour=console.is_terminal, palette=palette))


def _write_html(documents: Iterable[Document], output: Path | None) -> None:
    from onoma.rendering import html_page

    with replacing(output or Path("-")) as file:
        file.writelines(html_page(documents, title="onoma"))
