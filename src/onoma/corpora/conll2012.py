"""Reader of CoNLL-2011 and CoNLL-2012 files (OntoNotes), with named entities in brackets in the eleventh column.

The columns are document, part, word number, word, part of speech, parse tree, predicate lemma, frame set, word sense,
speaker, named entities, one column for each predicate, and coreference; their number differs between sentences.
``#begin document`` begins a document; each part of it becomes a separate Document.

Source: https://conll.cemantix.org/2012/data.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from onoma.corpora.bio_layers import encode_layers, parse_brackets
from onoma.corpora.blocks import DocumentBoundary, DocumentBuilder, SentenceBlock
from onoma.corpora.columns import column_index, split_columns
from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.tally import ReadTally
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines
from onoma.schemes import SCHEMES
from onoma.text import Document

FEWEST_COLUMNS = 11
_COLUMN_NAMES = (
    *("", "", "", "words", "parts of speech", "parse trees", "lemmas", "frame sets", "word senses", "speakers"),
    "named entities",
)
"""Names of the first columns for messages; empty for those that only say where a word is."""
_BEGIN_DOCUMENT = re.compile(r"#begin document \(?(.*?)\)?(?:; part 0*(\d+))?\s*")


class _Line(NamedTuple):
    """Line number, word and named-entity cell of a line, and the names of its filled columns that are not read."""

    number: int
    word: str
    names: str
    unread: tuple[str, ...]


def is_conll2012(lines: list[str]) -> bool:
    """Return whether non-blank lines are those of a CoNLL-2011 or CoNLL-2012 file."""
    first = next((line for line in lines if not line.startswith("#")), "")
    return lines[0].startswith("#begin document") and len(split_columns(first, tabs=False)) >= FEWEST_COLUMNS


class Conll2012Reader(SchemelessReader):
    """Reader of one CoNLL-2011 or CoNLL-2012 file."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        tally.annotated = True
        builder = DocumentBuilder(path=self._path, scheme=SCHEMES["BIO"], options=self._options, tally=tally, meta={})
        return builder.documents(self._parts(tally), marked=True)

    def _parts(self, tally: ReadTally) -> Iterator[SentenceBlock | DocumentBoundary]:
        word_lines: list[_Line] = []
        for number, line in numbered_lines(self._path, encoding=self._options.encoding):
            begin = _BEGIN_DOCUMENT.fullmatch(line)
            if begin is None and line.strip() and not line.startswith("#"):
                word_lines.append(self._parse_line(split_columns(line, tabs=False), number))
                continue
            if word_lines and (begin or not line.strip() or line.startswith("#end document")):
                yield self._build_block(word_lines, tally)
                word_lines = []
            if begin:
                id, part = begin.groups()
                yield DocumentBoundary(id=f"{id} part {part}" if part not in (None, "", "0") else id)
        if word_lines:
            yield self._build_block(word_lines, tally)

    def _parse_line(self, fields: list[str], number: int) -> _Line:
        word, tag = self._options.word_column, self._options.tag_column
        if len(fields) < FEWEST_COLUMNS and (word is None or tag is None):
            message = f"{len(fields)} columns; expected at least {FEWEST_COLUMNS}, with names in the eleventh"
            raise CorpusError(message, path=self._path, line=number)
        word, tag = 4 if word is None else word, FEWEST_COLUMNS if tag is None else tag
        read = [column_index(column, (), width=len(fields), path=self._path) for column in (word, tag)]
        names = [*_COLUMN_NAMES, *["predicates"] * (len(fields) - FEWEST_COLUMNS - 1), "coreference"]
        filled = (
            name
            for index, (name, cell) in enumerate(zip(names, fields, strict=False))
            if name and index not in read and cell.strip("-*_")
        )
        return _Line(number, fields[read[0]], fields[read[1]], tuple(dict.fromkeys(filled)))

    def _build_block(self, word_lines: list[_Line], tally: ReadTally) -> SentenceBlock:
        def count_unmatched(position: int, cell: str) -> None:
            reason = "a bracket of the names has no other in its sentence"
            tally.unusable.add(reason, where=f"{self._path}:{word_lines[position].number}", what=cell)

        layers = encode_layers(
            parse_brackets([each.names for each in word_lines], broken=count_unmatched), length=len(word_lines)
        )
        return SentenceBlock(
            words=[each.word for each in word_lines],
            layers=layers,
            lines=[each.number for each in word_lines],
            unread=Counter(name for each in word_lines for name in each.unread),
        )
