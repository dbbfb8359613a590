"""Search for input files: resolves files, folders and patterns to inputs of a known kind, in a reproducible order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onoma.bulk.output import output_paths
from onoma.bulk.sources import TEXT, Corpus, Input, InputKind, JsonLines, JsonRecords, Lines, Source, WholeText
from onoma.bulk.tables import CsvTable, ParquetTable
from onoma.corpora import AUTO, FORMATS, HEAD_LINES, ReadOptions, detect_format, sniff_lines
from onoma.counting import counted
from onoma.errors import ConfigError, CorpusError, InputError
from onoma.io.once import STANDARD_INPUT, ReadOnce, is_read_once
from onoma.io.suffixes import COMPRESSIONS, named_format, plain_name

SOURCES: Mapping[InputKind, Callable[[Input], Source[Any]]] = {
    "text": WholeText,
    "lines": Lines,
    "jsonl": JsonLines,
    "json": JsonRecords,
    "csv": CsvTable,
    "parquet": ParquetTable,
    "corpus": Corpus,
}
"""Source class for each kind of input."""

TABLES: tuple[InputKind, ...] = ("csv", "parquet")

_ROW_KINDS: tuple[InputKind, ...] = (*TABLES, "jsonl", "json")
"""Kinds of inputs of which each row or record is a text."""

_FORMATS_SKIPPED_IN_FOLDERS = (None, "brat", "html")
_HEAD_BYTES = 1 << 20
_WILDCARDS = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Result of a search for input files.

    Attributes:
        inputs: files to read, in order.
        skipped: files in folders that are skipped because their suffix belongs to no readable format.
        outputs: files in folders, or matched by patterns, that are skipped because they belong to the output itself.
        missing: links in folders to files that do not exist.
    """

    inputs: tuple[Input, ...]
    skipped: tuple[Path, ...] = ()
    outputs: tuple[Path, ...] = ()
    missing: tuple[Path, ...] = ()

    @property
    def once(self) -> bool:
        """Whether some of the inputs can be read only once."""
        return any(input.once is not None for input in self.inputs)

    def notices(self) -> list[str]:
        """Return messages about the files that are skipped, and about those of which each row is a text anyway."""
        with_rows = [
            input.path for input in self.inputs if input.kind in _ROW_KINDS and input.options.text_unit == "line"
        ]
        skipped = (
            (self.skipped, "file of other kinds", "files of other kinds"),
            (self.outputs, "file of the output itself", "files of the output itself"),
            (self.missing, "link to a missing file", "links to missing files"),
        )
        messages = [
            f"skipped {counted(len(paths), *names)}: {_list_first(paths)}" for paths, *names in skipped if paths
        ]
        if with_rows:
            messages.append(
                f"--lines has no effect on tables and JSON, of which each row is a text: {_list_first(with_rows)}"
            )
        return messages


def find_inputs(
    named: Sequence[Path],
    *,
    output: str | os.PathLike[str] | None = None,
    column: str | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> Found:
    """Find the input files.

    Args:
        named: files, folders (searched recursively) and patterns with ``*``, ``?`` and ``**``.
        output: path of the output; files that belong to it are not inputs.
        column: column or key that holds the text; by default `text`.
        format: format of all files: `csv`, `parquet` or a corpus format; by default detected from suffix and content.
        options: how corpora are read; with ``text_unit="line"`` each line of a text file is a document.

    Raises:
        InputError: a file does not exist, there are no files, or a file cannot be read in this way or is the output.
    """
    options = options or ReadOptions()
    search = _Search([] if output is None else output_paths(output), format=format)
    files = _with_distinct_names({file.path: file for name in named for file in search.files(name)}.values())
    inputs = tuple(
        _make_input(file.path, name=file.name, column=column, format=format, options=options) for file in files
    )
    found = Found(
        inputs=inputs, skipped=tuple(search.skipped), outputs=tuple(search.outputs), missing=tuple(search.missing)
    )
    if not inputs:
        problems = ["no file to tag", *found.notices()]
        if found.skipped:
            problems.append("name files or a pattern instead of the folder to read them whatever their suffix")
        raise InputError(f"{', '.join(map(str, named)) or 'nothing'}: {'; '.join(problems)}")
    return found


def _list_first(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths[:3])) + (", …" if len(paths) > 3 else "")


def source_of(input: Input) -> Source[object]:
    """Return the source that reads an input as rows."""
    return SOURCES[input.kind](input)


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was found.

    Attributes:
        path: path of the file.
        name: the document's id if the whole file is one document: the path within the searched folder; None for the
            name of the file.
    """

    path: Path
    name: str | None = None


def _with_distinct_names(files: Collection[_File]) -> list[_File]:
    """Give files that have the same name, and were not found in a folder, their path as a name."""
    names = Counter(_stem(file.path) for file in files if file.name is None)
    return [
        replace(file, name=plain_name(file.path).with_suffix("").as_posix())
        if file.name is None and names[_stem(file.path)] > 1
        else file
        for file in files
    ]


def _stem(path: Path) -> str:
    return plain_name(path).stem


class _Search:
    """Search for files, which also records the files that it skips.

    Args:
        output: paths that belong to the output; the last one is the folder of the unfinished job.
        format: format given by the caller, if any.

    Attributes:
        skipped, outputs: as in :class:`Found`.
    """

    def __init__(self, output: Sequence[Path], *, format: str | None) -> None:
        self.skipped: list[Path] = []
        self.missing: list[Path] = []
        self.outputs: list[Path] = []
        self._format = format
        self._resolved_folders: dict[Path, Path] = {}
        self._output_paths = [self._to_absolute(path) for path in output]

    def files(self, name: Path) -> Iterator[_File]:
        """Yield the files that a name stands for."""
        if self._is_output(name):
            raise InputError(f"{name}: is an input and the output; name another output")
        if name.is_dir() and self._format == "brat":
            yield _File(name)
        elif name.is_dir():
            yield from self._find_in_folder(name)
        elif name.exists() or not _WILDCARDS & set(str(name)):
            yield _File(name)
        elif any("**" in part and part != "**" for part in name.parts):
            raise InputError(f"{name}: is not a valid pattern; ** stands alone between slashes, as in mail/**/*.txt")
        else:
            anchor = Path(name.anchor)
            matches = sorted(anchor.glob(str(name.relative_to(anchor))))
            files = [path for path in matches if path.is_file()]
            if not files:
                raise InputError(f"{name}: no file matches this pattern")
            yield from (_File(path) for path in self._exclude_output(files))

    def _find_in_folder(self, folder: Path) -> Iterator[_File]:
        for path in self._exclude_output(_list_visible_files(folder)):
            format_name = named_format(path)
            if not path.exists():  # a link to a missing file
                self.missing.append(path)
            elif format_name not in _FORMATS_SKIPPED_IN_FOLDERS:
                yield _File(path, name=plain_name(path.relative_to(folder)).with_suffix("").as_posix())
            elif format_name != "brat" or not path.with_suffix(".txt").is_file():  # a text's .ann file is not reported
                self.skipped.append(path)

    def _exclude_output(self, files: Iterable[Path]) -> Iterator[Path]:
        for path in files:
            if not self._is_output(path):
                yield path
            elif not self._to_absolute(path).is_relative_to(self._output_paths[-1]):
                self.outputs.append(path)

    def _is_output(self, path: Path) -> bool:
        return any(self._to_absolute(path).is_relative_to(output_path) for output_path in self._output_paths)

    def _to_absolute(self, path: Path) -> Path:
        """Return the path with its folder resolved; if the path itself is a link, the link is kept."""
        parent = path.parent
        if parent not in self._resolved_folders:
            self._resolved_folders[parent] = parent.resolve()
        return self._resolved_folders[parent] / path.name


def _list_visible_files(folder: Path) -> Iterable[Path]:
    paths_and_parts = ((path, path.relative_to(folder).parts) for path in folder.rglob("*"))
    return sorted(
        path
        for path, parts in paths_and_parts
        if (path.is_file() or not path.exists()) and not any(part.startswith(".") for part in parts)
    )


def _make_input(path: Path, *, name: str | None, column: str | None, format: str | None, options: ReadOptions) -> Input:
    once = ReadOnce(path) if is_read_once(path) else None
    if once is None and not path.exists():
        raise CorpusError("cannot be read: No such file or directory", path=path)
    if format is not None and format not in (*FORMATS, *TABLES):
        raise ConfigError(f"unknown format {format!r}; choose one of {', '.join([*FORMATS, *TABLES])}")
    if once is None:
        kind = _detect_kind(path, format=format, options=options)
    else:
        kind, name = _detect_pipe_kind(once, column=column, format=format, options=options), name or ""
    if column is not None and kind in ("text", "lines", "corpus"):
        raise InputError(f"{path}: has no columns to choose {column!r} from; --column is for CSV, Parquet and JSON")
    if options.documents != AUTO and kind != "corpus":
        problem = "is one document already" if kind == "text" else "has a text in each line or row"
        raise InputError(f"{path}: {problem}; --documents is for annotated files of sentences, leave it out")
    if path.suffix.lower() in COMPRESSIONS and kind in ("json", "corpus", "parquet"):
        problem = "Parquet has its own compression" if kind == "parquet" else "text, JSON Lines and CSV can be"
        raise InputError(f"{path}: cannot be read compressed ({problem}); decompress it first")
    return Input(path=path, kind=kind, column=column or TEXT, format=format, options=options, name=name, once=once)


def _detect_kind(path: Path, *, format: str | None, options: ReadOptions) -> InputKind:
    format_name = format or named_format(path)
    if format_name in TABLES:
        return "csv" if format_name == "csv" else "parquet"
    if format is None and path.suffix.lower() == ".tsv" and _is_table(path, options):
        return "csv"
    is_jsonl = format_name == "jsonl" and named_format(path) != "json"
    is_text = format == "text" or (format is None and not is_jsonl and _is_text(path, options))
    if _keeps_line_feeds(options.encoding) and (is_jsonl or is_text):
        return "jsonl" if is_jsonl else _text_kind(options)
    return "json" if format_name in ("json", "jsonl") and options.documents == AUTO else "corpus"


def _text_kind(options: ReadOptions) -> InputKind:
    return "lines" if options.text_unit == "line" else "text"


def _detect_pipe_kind(pipe: ReadOnce, *, column: str | None, format: str | None, options: ReadOptions) -> InputKind:
    """Return the kind of an input that can be read only once.

    Raises:
        CorpusError: the input's format has to be read more than once.
    """
    format_name = format or named_format(pipe.path)
    if pipe.path == STANDARD_INPUT and format is None and column is None:
        format_name = "text" if options.text_unit == "line" else _detect_records(pipe, encoding=options.encoding)
    if not _keeps_line_feeds(options.encoding):
        format_name = options.encoding.upper()
    elif (
        format_name is None
        and (column is not None or options.text_unit != "line")
        and plain_name(pipe.path) == pipe.path
    ):
        format_name = _detect_pipe_format(pipe, encoding=options.encoding)
    if format_name not in (None, "text", "jsonl", "csv"):
        pipe.close()
        raise CorpusError(
            f"can be read only once, and {format_name} needs a file; save it as one first", path=pipe.path
        )
    return "jsonl" if format_name == "jsonl" else "csv" if format_name == "csv" else _text_kind(options)


def _detect_records(pipe: ReadOnce, *, encoding: str) -> str:
    """Return whether the first line of a pipe is a JSON record: `jsonl`, or else `text`."""
    first_line = pipe.head(lines=1, size=_HEAD_BYTES).decode(encoding, errors="replace").partition("\n")[0]
    return "jsonl" if sniff_lines([first_line]) == "jsonl" else "text"


def _detect_pipe_format(pipe: ReadOnce, *, encoding: str) -> str:
    """Return the format of a pipe, detected from its first line if that is JSON, else from its first lines."""
    format_name = None
    for line_count in (1, HEAD_LINES):
        head = pipe.head(lines=line_count, size=_HEAD_BYTES).decode(encoding, errors="replace")
        format_name = sniff_lines(head.splitlines()[:line_count])
        if format_name == "jsonl":
            break
    return "csv" if format_name == "table" else format_name or "text"


def _is_table(path: Path, options: ReadOptions) -> bool:
    try:
        return detect_format(path, encoding=options.encoding) == "table"
    except CorpusError:
        return False


def _is_text(path: Path, options: ReadOptions) -> bool:
    if options.text_unit == "line" and named_format(path) in (None, "text"):
        return True
    plain = plain_name(path)
    if plain != path:
        return named_format(path) == "text" or not plain.suffix
    try:
        detected = detect_format(path, encoding=options.encoding)
    except CorpusError:
        # The file is empty or not in this encoding. This is reported later, for this file only; the others are read.
        return path.suffix.lower() == ".txt"
    return detected == "text" or (detected == "brat" and path.suffix.lower() == ".txt")  # brat without its .ann file


def _keeps_line_feeds(encoding: str) -> bool:
    """Return whether bytes can be split into lines before they are decoded, which is not possible in UTF-16.

    Raises:
        ConfigError: the encoding is unknown.
    """
    try:
        return "a\n".encode(encoding) == b"a\n" or encoding.lower().replace("_", "-") == "utf-8-sig"
    except LookupError:
        raise ConfigError(f"no encoding is called {encoding!r}") from None
