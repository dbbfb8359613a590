"""Registry of the corpus formats, and the functions to read and write corpora."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from onoma.corpora.brat import BratReader, write_brat
from onoma.corpora.conll import ConllReader, write_conll
from onoma.corpora.conll2012 import Conll2012Reader
from onoma.corpora.conllu import ConlluReader
from onoma.corpora.conllu_writer import write_conllu
from onoma.corpora.docbin import DocBinReader
from onoma.corpora.document_grouping import check_documents
from onoma.corpora.format_detection import detect_format, format_to_write
from onoma.corpora.germeval import GermevalReader, write_germeval
from onoma.corpora.hipe import HipeReader
from onoma.corpora.jsonl import JsonlReader, write_jsonl
from onoma.corpora.option_search import find_readable_options
from onoma.corpora.options import ReadOptions, WriteOptions, chosen_scheme
from onoma.corpora.plaintext import TextReader, write_text
from onoma.corpora.pubtator import PubtatorReader
from onoma.corpora.reading import CorpusReader, DocumentReader, read_through
from onoma.corpora.tables import TableReader
from onoma.corpora.tally import ReadTally, WriteReport, WriteTally
from onoma.corpora.webanno import WebannoReader
from onoma.corpora.wikiner import WikinerReader
from onoma.errors import ConfigError
from onoma.io.once import need_file
from onoma.text import Document

_DEFAULT_READ_OPTIONS = ReadOptions()
_DEFAULT_WRITE_OPTIONS = WriteOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format.

    Attributes:
        reader: opens a path for reading.
        write: writes documents to a path; None if the format is read-only.
    """

    reader: Callable[[Path, ReadOptions], DocumentReader]
    write: Callable[[Iterable[Document], Path, WriteOptions, WriteTally], None] | None = None


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "conll": Format(reader=ConllReader, write=write_conll),
        "conllu": Format(reader=ConlluReader, write=write_conllu),
        "jsonl": Format(reader=JsonlReader, write=write_jsonl),
        "brat": Format(reader=BratReader, write=write_brat),
        "germeval": Format(reader=GermevalReader, write=write_germeval),
        "table": Format(reader=TableReader),
        "conll2012": Format(reader=Conll2012Reader),
        "webanno": Format(reader=WebannoReader),
        "hipe": Format(reader=HipeReader),
        "wikiner": Format(reader=WikinerReader),
        "pubtator": Format(reader=PubtatorReader),
        "spacy": Format(reader=DocBinReader),
        "text": Format(reader=TextReader, write=write_text),
    }
)
"""All formats by name."""

WRITABLE = tuple(name for name, format in FORMATS.items() if format.write is not None)
"""Names of the formats that can be written."""


_TEXT_LABEL_FORMATS = ("jsonl", "table")
"""Names of the formats that can label whole texts."""


def read(path: str | Path, *, format: str | None = None, options: ReadOptions = _DEFAULT_READ_OPTIONS) -> CorpusReader:
    """Open a corpus for reading.

    Until the corpus is iterated, no more is read than is needed to detect the format.

    Args:
        path: a file, or for `brat` also a folder.
        format: a name in ``FORMATS``; None detects it from suffix and content.
        options: reading options.

    Raises:
        CorpusError: the file is missing, can be read only once, or its format cannot be determined.
        ConfigError: the format or the scheme is unknown, or the format does not support the document unit or the
            sentence labels that the options ask for.
    """
    path = Path(path)
    need_file(path)
    name = format if format is not None else detect_format(path, encoding=options.encoding)
    if options.labelled == "sentences" and name in FORMATS and name not in _TEXT_LABEL_FORMATS:
        raise ConfigError(
            f"{path}: {name} has no labels of sentences; they are read from {' and '.join(_TEXT_LABEL_FORMATS)}"
        )
    if options.scheme is not None:
        chosen_scheme(options.scheme)
    check_documents(options.documents, format=name)
    return _open_corpus(
        path, name, options, advise=partial(find_readable_options, path, name, options, trial=_read_trial)
    )


def write(
    documents: Iterable[Document],
    path: str | Path,
    *,
    format: str | None = None,
    options: WriteOptions = _DEFAULT_WRITE_OPTIONS,
) -> WriteReport:
    """Write documents as a stream; the target appears complete or, on any error, not at all.

    Args:
        documents: the documents to write.
        path: the target file, or for `brat` a folder.
        format: a name in ``FORMATS``; None detects it from the suffix of the path.
        options: writing options.

    Returns:
        Counts of what was written, and of what the target could not represent.

    Raises:
        CorpusError: the target cannot be written, or its suffix belongs to no format.
        ConfigError: the format, the scheme or the layout is unknown, or the format is read-only.
    """
    path = Path(path)
    tally = WriteTally()
    name = format if format is not None else format_to_write(path)
    writer = FORMATS[name].write if name in FORMATS else None
    if writer is None:
        problem = f"{name} can be read but not written" if name in FORMATS else f"unknown corpus format {name!r}"
        raise ConfigError(f"{problem}; choose one of {', '.join(WRITABLE)}")
    chosen_scheme(options.scheme)
    if options.layout != WriteOptions().layout and name != "jsonl":
        raise ConfigError(f"--layout {options.layout} is for JSON Lines, and {path} is written as {name}; leave it out")
    writer(documents, path, options, tally)
    return tally.report()


def _open_corpus(path: Path, name: str, options: ReadOptions, *, advise: Callable[[], str]) -> CorpusReader:
    return CorpusReader(
        path, format=name, reader=_get_format(name).reader(path, options), options=options, advise=advise
    )


def _read_trial(path: Path, name: str, options: ReadOptions) -> ReadTally:
    """Read a whole file without searching for other options if it is refused."""
    return read_through(_open_corpus(path, name, options, advise=str))


def _get_format(name: str) -> Format:
    if name not in FORMATS:
        raise ConfigError(f"unknown corpus format {name!r}; choose one of {', '.join(FORMATS)}")
    return FORMATS[name]
