"""What the caller named, files, folders and patterns, as files of one kind each, in an order that does not change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onoma.bulk.sources import TEXT, Corpus, Input, InputKind, JsonLines, Lines, Source, WholeText
from onoma.bulk.tables import CsvTable, ParquetTable
from onoma.corpora import FORMATS, ReadOptions, sniff
from onoma.errors import ConfigError, CorpusError, InputError
from onoma.io.suffixes import COMPRESSIONS, named_format, plain_name

SOURCES: Mapping[InputKind, Callable[[Input], Source[Any]]] = {
    "text": WholeText,
    "lines": Lines,
    "jsonl": JsonLines,
    "csv": CsvTable,
    "parquet": ParquetTable,
    "corpus": Corpus,
}
"""What reads each kind."""

TABLES: tuple[InputKind, ...] = ("csv", "parquet")

_NOT_IN_FOLDERS = (None, "brat", "html")
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The files to read.

    Attributes:
        inputs: in order.
        passed_over: files of folders whose suffix is that of no readable format.
    """

    inputs: tuple[Input, ...]
    passed_over: tuple[Path, ...] = ()


def find_inputs(
    named: Sequence[Path],
    *,
    column: str | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> Found:
    """The files that are meant.

    Args:
        named: files, folders, which are searched through, and patterns with ``*``, ``?`` and ``**``.
        column: which column or key holds the text; `text` where not named.
        format: what all files are, `csv`, `parquet` or a corpus format; by their suffixes and content where not named.
        options: how corpora are read; with ``text_unit="line"`` each line of a text is a document.

    Raises:
        InputError: there is no such file, none at all, or one that cannot be read this way.
    """
    options = options or ReadOptions()
    passed_over: list[Path] = []
    paths = list(dict.fromkeys(path for name in named for path in _expanded(name, passed_over)))
    inputs = tuple(_input(path, column=column, format=format, options=options) for path in paths)
    if not inputs:
        raise InputError(f"{', '.join(map(str, named)) or 'nothing'}: no file to tag")
    return Found(inputs=inputs, passed_over=tuple(passed_over))


def source_of(input: Input) -> Source[object]:
    """The file as rows."""
    return SOURCES[input.kind](input)


def _expanded(name: Path, passed_over: list[Path]) -> Iterator[Path]:
    if name.is_dir():
        if any(name.rglob("*.ann")):
            yield name
            return
        for path in _visible_files(name):
            if named_format(path) in _NOT_IN_FOLDERS:
                passed_over.append(path)
            else:
                yield path
    elif name.exists() or not _WILD & set(str(name)):
        yield name
    else:
        anchor = Path(name.anchor)
        matches = sorted(anchor.glob(str(name.relative_to(anchor))))
        files = [path for path in matches if path.is_file()]
        if not files:
            raise InputError(f"{name}: no file matches this pattern")
        yield from files


def _visible_files(folder: Path) -> Iterable[Path]:
    inside = ((path, path.relative_to(folder).parts) for path in folder.rglob("*"))
    return sorted(path for path, parts in inside if path.is_file() and not any(part.startswith(".") for part in parts))


def _input(path: Path, *, column: str | None, format: str | None, options: ReadOptions) -> Input:
    if not path.exists():
        raise CorpusError("cannot be read: No such file or directory", path=path)
    kind = _kind(path, format=format, options=options)
    if column is not None and kind in ("text", "lines", "corpus"):
        raise InputError(
            f"{path}: has no columns to choose {column!r} from; --column is for CSV, Parquet and JSON Lines"
        )
    if path.suffix.lower() in COMPRESSIONS and kind in ("corpus", "parquet"):
        what = "Parquet has its own compression" if kind == "parquet" else "text, JSON Lines and CSV can be"
        raise InputError(f"{path}: cannot be read compressed ({what}); decompress it first")
    return Input(path=path, kind=kind, column=column or TEXT, format=format, options=options)


def _kind(path: Path, *, format: str | None, options: ReadOptions) -> InputKind:
    if format is not None and format not in (*FORMATS, *TABLES):
        raise ConfigError(f"unknown format {format!r}; choose one of {', '.join([*FORMATS, *TABLES])}")
    named = format or named_format(path)
    if named in TABLES:
        return "csv" if named == "csv" else "parquet"
    if format is None and path.suffix.lower() == ".tsv" and _is_table(path, options):
        return "csv"
    jsonl = named == "jsonl" and named_format(path) != "json"
    text = format == "text" or (format is None and not jsonl and _is_text(path, options))
    if not _keeps_line_feeds(options.encoding) or not (jsonl or text):
        return "corpus"
    return "jsonl" if jsonl else "lines" if options.text_unit == "line" else "text"


def _is_table(path: Path, options: ReadOptions) -> bool:
    try:
        return sniff(path, encoding=options.encoding) == "table"
    except CorpusError:
        return False


def _is_text(path: Path, options: ReadOptions) -> bool:
    plain = plain_name(path)
    if plain != path:
        return named_format(path) == "text" or not plain.suffix
    try:
        return sniff(path, encoding=options.encoding) == "text"
    except CorpusError:
        # Empty, or not in this encoding: one file that will be said to be so, and no reason to refuse the others.
        return path.suffix.lower() == ".txt"


def _keeps_line_feeds(encoding: str) -> bool:
    """Whether lines can be separated before they are decoded; in UTF-16 they cannot."""
    try:
        return "a\n".encode(encoding) == b"a\n" or encoding.lower().replace("_", "-") == "utf-8-sig"
    except LookupError:
        raise ConfigError(f"no encoding is called {encoding!r}") from None
