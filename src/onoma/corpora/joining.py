"""Sentences that follow one another in a file to documents, where the file does not say where its documents begin.

The readers give a document for each sentence of such a file. What belongs together is said by the caller: the whole
file, so many sentences each, or what stands between blank lines. A file that has documents of its own is refused.
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

_OF_COLUMNS = ("conll", "conllu", "germeval")
_JOINED = (*_OF_COLUMNS, "jsonl", "table", "spacy")
"""Formats whose documents may be sentences."""

_BLANK_LINES = {**dict.fromkeys(_OF_COLUMNS, 2), "jsonl": 1}
"""How many blank lines in a row separate documents: in columns one ends a sentence."""


def check_documents(documents: DocumentsUnit, *, format: str) -> None:
    """Check what a caller has said about the documents of a file of some format.

    Raises:
        ConfigError: it is none of the choices, or the format does not have it.
    """
    if documents == AUTO:
        return
    number = isinstance(documents, int) and not isinstance(documents, bool) and documents > 0
    if not number and documents not in (WHOLE_FILE, BLANK_LINES):
        expected = f"{AUTO}, {WHOLE_FILE}, {BLANK_LINES} or a whole number of sentences from 1"
        raise ConfigError(f"documents: expected {expected}, got {documents!r}")
    known = tuple(_BLANK_LINES) if documents == BLANK_LINES else _JOINED
    if format not in known:
        raise ConfigError(
            f"documents: {documents} is for files of sentences in {', '.join(known)}; a file in {format} has "
            f"{'no blank lines between documents' if format in _JOINED else 'documents of its own'}; leave it out"
        )


def joined(
    documents: Iterator[Document], *, unit: DocumentsUnit, path: Path, format: str, encoding: str, tally: ReadTally
) -> Iterator[Document]:
    """Stream documents that are joined of those of a reader, and say their lines in the tally.

    Args:
        documents: of the reader, which says the lines of each in the tally.
        unit: what is a document.
        path, format, encoding: of the file.
        tally: of the reading.

    Raises:
        CorpusError: the file has documents of its own, or only some of its sentences have given words.
    """
    breaks: list[int] = []
    if unit == BLANK_LINES:
        breaks = _after_blank_lines(path, encoding=encoding, fewest=_BLANK_LINES[format])
        if not breaks:
            reason = "no blank lines separate documents, so that the whole file is one"
            what = f"documents {BLANK_LINES}, {_BLANK_LINES[format]} in a row"
            tally.adjusted.add(reason, where=str(path), what=what)
    group = _Group()
    for document in documents:
        _check_sentence(document, path=path, format=format, tally=tally)
        lines = tally.lines
        if group.documents and (len(group.documents) == unit or _apart(breaks, group.lines, lines)):
            yield group.close(path, tally)
            group = _Group()
        group.add(document, lines)
    if group.documents:
        yield group.close(path, tally)


@dataclass(slots=True)
class _Group:
    """Documents that become one, and the lines of their words."""

    documents: list[Document] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, document: Document, lines: tuple[int, ...]) -> None:
        self.documents.append(document)
        one_for_all = len(lines) == 1 and document.words is not None
        self.lines += lines * len(document.words or ()) if one_for_all else lines

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
    if sentences < 2 and not (document.id and format in _OF_COLUMNS):
        return
    message = "the file says itself where its documents begin, so that its sentences are joined already; leave out"
    line = tally.lines[0] if tally.lines else None
    raise CorpusError(f"{message} `documents` (--documents), or set it to {AUTO}", path=path, line=line)


def _after_blank_lines(path: Path, *, encoding: str, fewest: int) -> list[int]:
    """The lines, in order, that stand behind at least so many blank ones."""
    found: list[int] = []
    blank = 0
    for number, line in numbered_lines(path, encoding=encoding):
        if line.strip():
            if blank >= fewest:
                found.append(number)
            blank = 0
        else:
            blank += 1
    return found


def _apart(breaks: list[int], before: list[int], after: tuple[int, ...]) -> bool:
    """Whether there is a break behind the last line of one and not behind the first line of the other."""
    return bool(before and after) and bisect_right(breaks, before[-1]) < bisect_right(breaks, after[0])
