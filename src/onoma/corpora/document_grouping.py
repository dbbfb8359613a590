"""Grouping of consecutive sentences into documents, for files without document boundaries.

For such a file, the readers yield one document per sentence. The caller says what forms a document: the whole file, a
fixed number of sentences, or the sentences between blank lines. A file with its own document boundaries is refused.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from onoma.corpora.options import AUTO, BLANK_LINES, WHOLE_FILE, DocumentsUnit
from onoma.corpora.tally import ReadTally
from onoma.errors import ConfigError, CorpusError
from onoma.io.lines import numbered_lines
from onoma.text import Document, join

_COLUMN_FORMATS = ("conll", "conllu", "germeval")
_SENTENCE_FORMATS = (*_COLUMN_FORMATS, "jsonl", "table", "wikiner", "spacy")
"""Formats whose documents may be single sentences."""

_MIN_BLANK_LINES = {**dict.fromkeys(_COLUMN_FORMATS, 2), "jsonl": 1, "wikiner": 1}
"""Minimum number of consecutive blank lines between documents; in column files, a single one ends a sentence."""


def check_documents(documents: DocumentsUnit, *, format: str) -> None:
    """Check that a document unit is valid and that the format supports it.

    Raises:
        ConfigError: the unit is invalid, or the format does not support it.
    """
    if documents == AUTO:
        return
    is_count = isinstance(documents, int) and not isinstance(documents, bool) and documents > 0
    if not is_count and documents not in (WHOLE_FILE, BLANK_LINES):
        expected = f"{AUTO}, {WHOLE_FILE}, {BLANK_LINES} or a whole number of sentences from 1"
        raise ConfigError(f"documents: expected {expected}, got {documents!r}")
    supported = tuple(_MIN_BLANK_LINES) if documents == BLANK_LINES else _SENTENCE_FORMATS
    if format not in supported:
        raise ConfigError(
            f"documents: {documents} is for files of sentences in {', '.join(supported)}; a file in {format} has "
            f"{'no blank lines between documents' if format in _SENTENCE_FORMATS else 'documents of its own'}; "
            "leave it out"
        )


def join_sentences(
    documents: Iterator[Document], *, unit: DocumentsUnit, path: Path, format: str, encoding: str, tally: ReadTally
) -> Iterator[Document]:
    """Yield documents joined from those of a reader, and set the lines of each in the tally.

    Args:
        documents: documents of the reader, which sets the lines of each in the tally.
        unit: what forms a document.
        path, format, encoding: of the file.
        tally: tally of the reading.

    Raises:
        CorpusError: the file has its own document boundaries, or only some of its sentences have given words.
    """
    breaks: list[int] = []
    if unit == BLANK_LINES:
        breaks = _find_breaks(path, encoding=encoding, minimum=_MIN_BLANK_LINES[format])
        if not breaks:
            reason = "no blank lines separate documents, so that the whole file is one"
            what = f"documents {BLANK_LINES}, {_MIN_BLANK_LINES[format]} in a row"
            tally.adjusted.add(reason, where=str(path), what=what)
    group = _Group()
    for document in documents:
        _check_sentence(document, path=path, format=format, tally=tally)
        lines = tally.lines
        if group.documents and (len(group.documents) == unit or _has_break_between(breaks, group.lines, lines)):
            yield group.close(path, tally)
            group = _Group()
        group.add(document, lines)
    if group.documents:
        yield group.close(path, tally)


@dataclass(slots=True)
class _Group:
    """Documents to be joined into one, and the lines of their words."""

    documents: list[Document] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, document: Document, lines: tuple[int, ...]) -> None:
        self.documents.append(document)
        is_single_line = len(lines) == 1 and document.words is not None
        self.lines += lines * len(document.words or ()) if is_single_line else lines

    def close(self, path: Path, tally: ReadTally) -> Document:
        try:
            document = join(self.documents)
        except ValueError as error:
            message = f"its sentences cannot be joined to documents: {error}"
            raise CorpusError(message, path=path, line=self.lines[0] if self.lines else None) from None
        tally.lines = tuple(self.lines if document.words is not None else self.lines[:1])
        return document


def _check_sentence(document: Document, *, path: Path, format: str, tally: ReadTally) -> None:
    sentences = len(document.sentences or ())
    if sentences < 2 and not (document.id and format in _COLUMN_FORMATS):
        return
    message = "the file marks where documents begin, and its sentences are joined accordingly; leave out"
    line = tally.lines[0] if tally.lines else None
    raise CorpusError(f"{message} `documents` (--documents), or set it to {AUTO}", path=path, line=line)


def _find_breaks(path: Path, *, encoding: str, minimum: int) -> list[int]:
    """Return, in order, the numbers of the lines that follow at least ``minimum`` blank lines."""
    line_numbers: list[int] = []
    blank_count = 0
    for number, line in numbered_lines(path, encoding=encoding):
        if line.strip():
            if blank_count >= minimum:
                line_numbers.append(number)
            blank_count = 0
        else:
            blank_count += 1
    return line_numbers


def _has_break_between(breaks: list[int], before: list[int], after: tuple[int, ...]) -> bool:
    """Return whether a break lies between the last line of one document and the first line of the next."""
    return bool(before and after) and bisect_right(breaks, before[-1]) < bisect_right(breaks, after[0])
