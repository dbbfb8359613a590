"""Reading documents without their entities, and writing tagged documents to one file, as streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike
from onoma.errors import InputError
from onoma.io.files import replacing
from onoma.io.suffixes import COMPRESSIONS
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.bulk import DeadLetter, Found

STREAMED = ("pretty", "jsonl", "conll", "html")
"""Outputs that :func:`write_documents` writes."""

SHARDED = ("jsonl", "csv", "parquet")
"""Outputs that are written in shards, as a job."""

TARGETS = tuple(dict.fromkeys((*STREAMED, *SHARDED)))
"""Every output of tagging."""


def target_of(output: PathLike | None, *, to: str | None) -> str:
    """What is written to an output: ``to`` where it is given, else by the suffix, else `pretty`.

    Raises:
        InputError: ``to`` is unknown.
    """
    if to is not None:
        if to not in TARGETS:
            raise InputError(f"--to {to}: unknown output; choose one of {', '.join(TARGETS)}")
        return to
    if output is None:
        return "pretty"
    from onoma.bulk import is_folder
    from onoma.io.suffixes import named_format

    named = named_format(Path(output))
    if is_folder(output) or named == "json":
        return "jsonl"
    return named if named in TARGETS else "pretty"


def check_streamed(target: str, *, resume: bool, workers: int, engine: str) -> None:
    """Refuse options and outputs that only a job supports, if the output is a stream.

    Raises:
        InputError: see above.
    """
    if resume or workers > 1 or engine != "local" or target not in STREAMED:
        raise InputError(
            "--resume, --workers, --engine, CSV and Parquet need files as input and an --output in "
            f"{', '.join(SHARDED)}"
        )


def documents_of(found: Found, *, by_rows: bool, failed: Callable[[DeadLetter], None]) -> Iterator[Document]:
    """The documents of files, in order, without the entities that a file may have.

    Args:
        found: the files.
        by_rows: read JSON Lines as a table of rows, not as a corpus.
        failed: called with each row that cannot be read or tagged.
    """
    from onoma.bulk import stream
    from onoma.corpora import read

    for input in found.inputs:
        if by_rows or input.by_rows:
            yield from stream([input], failed=failed)
        else:
            options = replace(input.options, texts_only=True, replace_surrogates=True)
            for document in read(input.path, format=input.format, options=options):
                yield replace(document, entities=())


def untagged(letter: DeadLetter) -> str:
    """The message about a row that cannot be tagged."""
    return f"{letter.file}:{letter.row}: {letter.reason}; not tagged"


def check_free(path: Path, *, overwrite: bool) -> None:
    """Refuse an output file that exists already or cannot be written as a stream.

    Raises:
        InputError: see above.
    """
    if path.suffix.lower() in COMPRESSIONS:
        raise InputError(f"{path}: compression needs files as input and an output in JSON Lines or CSV")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists already; pass --overwrite to replace it, or name another file")


def write_documents(documents: Iterable[Document], path: Path, *, to: str) -> None:
    """Write documents as a stream.

    Args:
        documents: tagged documents.
        path: the file, which appears only when it is complete; ``-`` is standard output.
        to: one of ``STREAMED``.
    """
    if to == "pretty":
        _write_pretty(documents, path)
    elif to == "html":
        from onoma.views import html_page

        with replacing(path) as file:
            file.writelines(html_page(documents, title="onoma"))
    else:
        from onoma.corpora import WriteOptions, write
        from onoma.encoding import segment

        write(documents, path, format=to, options=WriteOptions(segment=segment))


def _write_pretty(documents: Iterable[Document], path: Path) -> None:
    from rich.console import Console

    from onoma.views import Palette, to_terminal

    with replacing(path, styled=True) as file:
        console = Console(file=file, soft_wrap=True, highlight=False)
        palette = Palette()
        for document in documents:
            console.print(to_terminal(document, colour=console.is_terminal, palette=palette))
