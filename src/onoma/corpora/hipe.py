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
from onoma.corpora.columns import column_index, unread_columns
from onoma.corpora.tagged_reader import TaggedReader
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines

_WORD_COLUMN, _TAG_COLUMN, _MISC_COLUMN, _SENTENCE_END = "TOKEN", "NE-COARSE-LIT", "MISC", "EndOfSentence"
_CONTINUATION_PREFIXES = ("I-", "E-", "L-")
_COMMENT = re.compile(r"#\s*(?:[\w-]+:)?([\w-]+)\s*=\s*(.*)")
_SEGMENT_KEYS = re.compile(r"segment_.*|.*_link")


def is_hipe(lines: Sequence[str]) -> bool:
    """Return whether the first line that is not a comment names the columns of a HIPE file."""
    first = next((line for line in lines if not line.startswith("#")), "")
    names = first.split("\t")
    return names[0] == _WORD_COLUMN and any(name.startswith("NE-") for name in names)


class HipeReader(TaggedReader):
    """Reader of one HIPE file."""

    @cached_property
    def _column_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        lines = numbered_lines(self._path, encoding=self._options.encoding)
        first = next((line for _, line in lines if line.strip() and not line.startswith("#")), "")
        if not is_hipe([first]):
            expected = f"a first line with {_WORD_COLUMN} and NE-… columns, separated by tabs"
            raise CorpusError(f"begins with {first[:60]!r}; expected {expected}", path=self._path)
        return tuple(first.split("\t"))

    def _parts(self) -> Iterator[SentenceBlock | DocumentBoundary]:
        names, options = self._column_names, self._options
        width = len(names)

        def find_column(column: int | str) -> int:
            return column_index(column, names, width=width, path=self._path)

        word = find_column(_WORD_COLUMN if options.word_column is None else options.word_column)
        default_tag = _TAG_COLUMN if _TAG_COLUMN in names else next(name for name in names if name.startswith("NE-"))
        tag = find_column(default_tag if options.tag_column is None else options.tag_column)
        misc = names.index(_MISC_COLUMN) if _MISC_COLUMN in names else None
        unread = unread_columns(names, width=width, read=(word, tag, misc))
        block, meta, is_header = _new_block(), dict[str, object](), True
        meta_used = is_new_segment = False
        for number, line in numbered_lines(self._path, encoding=options.encoding):
            fields = line.split("\t")
            if not line.strip() or (line.startswith("#") and len(fields) != width):
                match = _COMMENT.fullmatch(line)
                is_document_id = match is not None and match[1] == "document_id"
                is_new_segment = True
                if block.words and (is_document_id or not line.strip()):
                    yield block
                    block = _new_block()
                meta, meta_used = ({}, False) if meta_used else (meta, False)
                if match and is_document_id:
                    yield DocumentBoundary(id=match[2].strip())
                elif match and not _SEGMENT_KEYS.fullmatch(match[1]):
                    meta[match[1]] = match[2].strip()
                continue
            if is_header:
                is_header = False
                continue
            if len(fields) != width:
                message = f"{len(fields)} columns in {line[:60]!r}; expected {width}, as the first line names"
                raise CorpusError(message, path=self._path, line=number)
            flags = [] if misc is None else fields[misc].split("|")
            if (
                is_new_segment
                and block.words
                and not self._has_sentence_ends
                and not fields[tag].startswith(_CONTINUATION_PREFIXES)
            ):
                yield block
                block = _new_block()
            block.words.append(fields[word])
            block.lines.append(number)
            block.no_space_after.append("NoSpaceAfter" in flags)
            block.layers[0].append(fields[tag].strip(" "))
            block.unread.update(name for index, name in unread if fields[index] not in ("_", "-", "O", ""))
            block.meta, meta_used, is_new_segment = meta, True, False
            if _SENTENCE_END in flags:
                yield block
                block = _new_block()
        if block.words:
            yield block

    @cached_property
    def _has_sentence_ends(self) -> bool:
        """Whether the file marks the ends of sentences."""
        return any(_SENTENCE_END in line for _, line in numbered_lines(self._path, encoding=self._options.encoding))


def _new_block() -> SentenceBlock:
    return SentenceBlock(layers=([],))
