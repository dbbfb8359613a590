"""Documents as one stream: from a text, standard input or files, to a terminal, a page or one file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.corpora import ReadOptions, read
from onoma.errors import InputError
from onoma.io.files import replacing
from onoma.io.suffixes import COMPRESSIONS
from onoma.text import Document

if TYPE_CHECKING:
    from onoma.bulk import DeadLetter, Found
    from onoma.tagger import Tagger


def tag_stream(
    documents: Iterable[Document], *, load: Callable[[], Tagger], target: str, output: str | None, overwrite: bool
) -> None:
    """Tag documents and write them as they come.

    Raises:
        InputError: the output is taken, or cannot be written so.
    """
    path = Path(output or "-")
    if path.suffix.lower() in COMPRESSIONS:
        raise InputError(f"{path}: only files that are tagged to JSON Lines or CSV are written compressed")
    if output is not None and path.exists() and not overwrite:
        raise InputError(f"{path}: exists already; pass --overwrite to replace it, or name another file")
    tagged = load().tag_many(documents)
    if target == "pretty":
        _print_pretty(tagged, path)
    elif target == "html":
        _write_html(tagged, path)
    else:
        from onoma.corpora import WriteOptions, write
        from onoma.encoding import segment

        write(tagged, path, format=target, options=WriteOptions(segment=segment))


class Documents:
    """What is to be tagged, without the entities it may hold; counts rows that cannot be."""

    def __init__(
        self,
        files: list[Path],
        *,
        text: str | None,
        lines: bool,
        column: str | None,
        format: str | None,
        options: ReadOptions,
    ) -> None:
        self.failed = 0
        self._text = text
        self._lines = lines
        self._format = format
        self._options = options
        self._found = self._find(files, column) if files else None
        self._rows = column is not None

    def __iter__(self) -> Iterator[Document]:
        if self._text is not None:
            yield Document(self._text)
        elif self._found is None:
            yield from _standard_input(lines=self._lines)
        else:
            yield from self._of_files(self._found)

    def _of_files(self, found: Found) -> Iterator[Document]:
        from onoma.bulk import stream

        for input in found.inputs:
            if self._rows or input.by_rows:
                yield from stream([input], failed=self._tell)
            else:
                for document in read(input.path, format=self._format, options=self._options):
                    yield replace(document, entities=())

    def _find(self, files: list[Path], column: str | None) -> Found:
        from onoma.bulk import find_inputs

        return find_inputs(files, column=column, format=self._format, options=self._options)

    def _tell(self, letter: DeadLetter) -> None:
        self.failed += 1
        print(f"note: {letter.file}:{letter.row}: {letter.reason}; not tagged", file=sys.stderr)


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


def _print_pretty(documents: Iterable[Document], output: Path) -> None:
    from rich.console import Console

    from onoma.views import Palette, to_terminal

    with replacing(output) as file:
        console = Console(file=file, soft_wrap=True, highlight=False)
        palette = Palette()
        for document in documents:
            console.print(to_terminal(document, colour=console.is_terminal, palette=palette))


def _write_html(documents: Iterable[Document], output: Path) -> None:
    from onoma.views import html_page

    with replacing(output) as file:
        file.writelines(html_page(documents, title="onoma"))
