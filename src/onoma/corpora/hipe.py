"""Reader of HIPE files (CLEF-HIPE 2020, HIPE-2022 and corpora in the same format).

The first line names the columns, ``TOKEN NE-COARSE-LIT … MISC``; entities are read from ``NE-COARSE-LIT`` unless
another column is chosen. Comments are key-value pairs, with or without a prefix: ``# hipe2022:document_id = …`` begins
a document; the other comments of its block become ``meta``. MISC marks words that no space follows and the ends of
sentences. In a file without marked sentence ends, sentences are the segments between comments, joined where an entity
continues.

Source: https://github.com/hipe-eval/HIPE-2022-data
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from onoma.corpora.blocks import DocumentBoundary, SentenceBlock
from onoma.corpora.columns import column_index
from onoma.corpora.tagged_reader import TaggedReader
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines

_WORD, _TAG, _MISC, _END = "TOKEN", "NE-COARSE-LIT", "MISC", "EndOfSentence"
_CONTINUING = ("I-", "E-", "L-")
_VALUE = re.compile(r"#\s*(?:[\w-]+:)?([\w-]+)\s*=\s*(.*)")
_OF_SEGMENTS = re.compile(r"segment_.*|.*_link")


def is_hipe(lines: Sequence[str]) -> bool:
    """Return whether the first line that is not a comment names the columns of a HIPE file."""
    first = next((line for line in lines if not line.startswith("#")), "")
    names = first.split("\t")
    return names[0] == _WORD and any(name.startswith("NE-") for name in names)


class HipeReader(TaggedReader):
    """Reader of one HIPE file."""

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """Names of the columns."""
        lines = numbered_lines(self._path, encoding=self._options.encoding)
        first = next((line for _, line in lines if line.strip() and not line.startswith("#")), "")
        if not is_hipe([first]):
            expected = f"a first line with {_WORD} and NE-… columns, separated by tabs"
            raise CorpusError(f"begins with {first[:60]!r}; expected {expected}", path=self._path)
        return tuple(first.split("\t"))

    def _parts(self) -> Iterator[SentenceBlock | DocumentBoundary]:
        names, options = self._names, self._options
        width = len(names)

        def place(column: int | str) -> int:
            return column_index(column, names, width=width, path=self._path)

        word = place(_WORD if options.word_column is None else options.word_column)
        default = _TAG if _TAG in names else next(name for name in names if name.startswith("NE-"))
        tag = place(default if options.tag_column is None else options.tag_column)
        misc = names.index(_MISC) if _MISC in names else None
        block, meta, header = _new_block(), dict[str, object](), True
        told = segment = False
        for number, line in numbered_lines(self._path, encoding=options.encoding):
            fields = line.split("\t")
            if not line.strip() or (line.startswith("#") and len(fields) != width):
                found = _VALUE.fullmatch(line)
                mark = found is not None and found[1] == "document_id"
                segment = True
                if block.words and (mark or not line.strip()):
                    yield block
                    block = _new_block()
                meta, told = ({}, False) if told else (meta, False)
                if found and mark:
                    yield DocumentBoundary(id=found[2].strip())
                elif found and not _OF_SEGMENTS.fullmatch(found[1]):
                    meta[found[1]] = found[2].strip()
                continue
            if header:
                header = False
                continue
            if len(fields) != width:
                message = f"{len(fields)} columns in {line[:60]!r}; expected {width}, as the first line names"
                raise CorpusError(message, path=self._path, line=number)
            notes = [] if misc is None else fields[misc].split("|")
            if segment and block.words and not self._flagged and not fields[tag].startswith(_CONTINUING):
                yield block
                block = _new_block()
            block.words.append(fields[word])
            block.lines.append(number)
            block.glued.append("NoSpaceAfter" in notes)
            block.layers[0].append(fields[tag].strip(" "))
            block.meta, told, segment = meta, True, False
            if _END in notes:
                yield block
                block = _new_block()
        if block.words:
            yield block

    @cached_property
    def _flagged(self) -> bool:
        """Whether the file marks the ends of sentences."""
        return any(_END in line for _, line in numbered_lines(self._path, encoding=self._options.encoding))


def _new_block() -> SentenceBlock:
    return SentenceBlock(layers=([],))
