"""CoNLL-2012 and 2011 files (OntoNotes) to Documents: names in brackets in the eleventh column.

A line has the document, the part, the word's number, the word, its part of speech, the tree, the predicate's lemma and
frame set, the sense, the speaker, the names, one column for each predicate, and the coreference; the number of columns
differs from sentence to sentence. ``#begin document`` begins a document; each part of one is a document.

Source: https://conll.cemantix.org/2012/data.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from onoma.corpora.blocks import Assembler, DocumentMark, SentenceBlock
from onoma.corpora.columns import column_index, split_columns
from onoma.corpora.layering import bracketed, layered
from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.tally import ReadTally
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines
from onoma.schemes import SCHEMES
from onoma.text import Document

FEWEST_COLUMNS = 11
_BEGIN = re.compile(r"#begin document \(?(.*?)\)?(?:; part 0*(\d+))?\s*")


class _Line(NamedTuple):
    """A word's line: its number, the word, and what its column of names has."""

    number: int
    word: str
    names: str


def is_conll2012(lines: list[str]) -> bool:
    """Whether lines that are not blank are those of such a file."""
    first = next((line for line in lines if not line.startswith("#")), "")
    return lines[0].startswith("#begin document") and len(split_columns(first, tabs=False)) >= FEWEST_COLUMNS


class Conll2012Reader(SchemelessReader):
    """One file."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        tally.annotated = True
        assembler = Assembler(path=self._path, scheme=SCHEMES["BIO"], options=self._options, tally=tally, meta={})
        return assembler.documents(self._parts(tally), marked=True)

    def _parts(self, tally: ReadTally) -> Iterator[SentenceBlock | DocumentMark]:
        words: list[_Line] = []
        for number, line in numbered_lines(self._path, encoding=self._options.encoding):
            begin = _BEGIN.fullmatch(line)
            if begin is None and line.strip() and not line.startswith("#"):
                words.append(self._picked(split_columns(line, tabs=False), number))
                continue
            if words and (begin or not line.strip() or line.startswith("#end document")):
                yield self._block(words, tally)
                words = []
            if begin:
                id, part = begin.groups()
                yield DocumentMark(id=f"{id} part {part}" if part not in (None, "", "0") else id)
        if words:
            yield self._block(words, tally)

    def _picked(self, fields: list[str], number: int) -> _Line:
        word, tag = self._options.word_column, self._options.tag_column
        if len(fields) < FEWEST_COLUMNS and (word is None or tag is None):
            message = f"{len(fields)} columns; expected at least {FEWEST_COLUMNS}, with names in the eleventh"
            raise CorpusError(message, path=self._path, line=number)
        word, tag = 4 if word is None else word, FEWEST_COLUMNS if tag is None else tag
        columns = (column_index(column, (), width=len(fields), path=self._path) for column in (word, tag))
        return _Line(number, *(fields[column] for column in columns))

    def _block(self, words: list[_Line], tally: ReadTally) -> SentenceBlock:
        def broken(position: int, cell: str) -> None:
            reason = "a bracket of the names has no other in its sentence"
            tally.unusable.add(reason, where=f"{self._path}:{words[position].number}", what=cell)

        layers = layered(bracketed([each.names for each in words], broken=broken), length=len(words))
        return SentenceBlock(words=[each.word for each in words], layers=layers, lines=[each.number for each in words])
