"""Reader of PubTator files: title, abstract, and annotations with offsets into both.

``1|t|Title`` and ``1|a|Abstract`` are the text, joined by one line feed, as the offsets require. Annotations are
tab-separated columns: the document, start, end, the annotated text, the type, and optionally a concept. Relations are
counted and left out. A document ends where the text of another one begins; blank lines are ignored.

Source: https://www.ncbi.nlm.nih.gov/research/pubtator3/tutorial
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.spans import Annotated, RawSpan, build_document
from onoma.corpora.tally import ReadTally
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines
from onoma.text import Document

_TEXT_LINE = re.compile(r"([^|\s]+)\|([ta])\|(.*)", re.DOTALL)
_OFFSET = re.compile(r"[0-9]{1,12}")
_MIN_COLUMNS, _MAX_COLUMNS = 5, 7


@dataclass(slots=True)
class _RawDocument:
    """State of the document that is being read: texts by ``t`` and ``a``, and annotations."""

    id: str
    line: int
    texts: dict[str, str] = field(default_factory=dict)
    spans: list[RawSpan] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    relations: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def is_pubtator(line: str) -> bool:
    """Return whether a file that begins with this line is a PubTator file."""
    return _TEXT_LINE.fullmatch(line) is not None


class PubtatorReader(SchemelessReader):
    """Reader of one PubTator file."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        tally.annotated = True
        for raw_document in self._raw_documents():
            text = "\n".join(raw_document.texts[part] for part in "ta" if part in raw_document.texts)
            annotated = Annotated(
                text=text,
                id=raw_document.id,
                spans=raw_document.spans,
                unusable=raw_document.unusable,
                left_out=raw_document.relations,
                unread=raw_document.unread,
            )
            tally.lines = (raw_document.line,)
            yield build_document(annotated, where=f"{self._path}:{raw_document.line}", tally=tally)

    def _raw_documents(self) -> Iterator[_RawDocument]:
        raw_document: _RawDocument | None = None
        for number, line in numbered_lines(self._path, encoding=self._options.encoding):
            if not line.strip():
                continue
            if match := _TEXT_LINE.fullmatch(line):
                id, part, text = match.groups()
                if raw_document is None or raw_document.id != id or part in raw_document.texts:
                    if raw_document is not None:
                        yield raw_document
                    raw_document = _RawDocument(id, number)
                raw_document.texts[part] = text
            elif raw_document is None:
                message = f"{line[:60]!r} comes before any text; expected a document's title, as in 1|t|Title"
                raise CorpusError(message, path=self._path, line=number)
            else:
                _add_annotation(raw_document, line)
        if raw_document is not None:
            yield raw_document


def _add_annotation(raw_document: _RawDocument, line: str) -> None:
    """Add the annotation in a line to the raw document."""
    fields = line.split("\t")
    if fields[0] != raw_document.id:
        raw_document.unusable.append(("the annotation is of another document than the text before it", line))
    elif _MIN_COLUMNS <= len(fields) <= _MAX_COLUMNS and all(map(_OFFSET.fullmatch, fields[1:3])):
        span = RawSpan(start=int(fields[1]), end=int(fields[2]), label=fields[4].strip(), text=fields[3])
        raw_document.spans.append(span)
        raw_document.unread += ["concepts"] * any(fields[_MIN_COLUMNS:])
    elif len(fields) > 2 and not _OFFSET.fullmatch(fields[1]):
        raw_document.relations.append(("a relation is not an entity", line))
    else:
        raw_document.unusable.append(
            ("the line is not an annotation; expected document, start, end, text and type", line)
        )
