"""CoNLL-2012 and 2011 files (OntoNotes) to Documents: names in brackets in the eleventh column.

A line has the document, the part, the word's number, the word, its part of speech, the tree, the predicate's lemma and
frame set, the sense, the speaker, the names, one column for each predicate, and the coreference; the number of columns
differs from sentence to sentence. ``#begin document`` begins a document; each part of one is a document.

Source: https://conll.cemantix.org/2012/data.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
        words: list[str] = []
        cells: list[str] = []
        lines: list[int] = []

        def sentence() -> Iterator[SentenceBlock]:
            if words:
                yield self._block(words.copy(), cells, lines.copy(), tally)
            for each in (words, cells, lines):
                each.clear()

        for number, line in numbered_lines(self._path, encoding=self._options.encoding):
            if not line.strip() or line.startswith("#end document"):
                yield from sentence()
            elif found := _BEGIN.fullmatch(line):
                yield from sentence()
                yield DocumentMark(id=found[1] if found[2] in (None, "0", "") else f"{found[1]} part {found[2]}")
            elif not line.startswith("#"):
                word, cell = self._picked(split_columns(line, tabs=False), number)
                words.append(word)
                cells.append(cell)
                lines.append(number)
        yield from sentence()

    def _picked(self, fields: list[str], number: int) -> tuple[str, str]:
        word, tag = self._options.word_column, self._options.tag_column
        if len(fields) < FEWEST_COLUMNS and (word is None or tag is None):
            message = f"{len(fields)} columns; expected at least {FEWEST_COLUMNS}, with names in the eleventh"
            raise CorpusError(message, path=self._path, line=number)
        word, tag = 4 if word is None else word, FEWEST_COLUMNS if tag is None else tag
        position = column_index(word, (), width=len(fields), path=self._path)
        return fields[position], fields[column_index(tag, (), width=len(fields), path=self._path)]

    def _block(self, words: list[str], cells: list[str], lines: list[int], tally: ReadTally) -> SentenceBlock:
        def broken(position: int, cell: str) -> None:
            reason = "a bracket of the names has no other in its sentence"
            tally.unusable.add(reason, where=f"{self._path}:{lines[position]}", what=cell)

        chunks = bracketed(cells, broken=broken)
        return SentenceBlock(words=words, layers=layered(chunks, length=len(words)), lines=lines)
