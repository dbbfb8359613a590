"""Replacement of the tags in a column file; everything else stays the same, character for character.

Documents may be left out, each together with the marks and comments between it and the previous document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from onoma.corpora.columns import ColumnLayout
from onoma.corpora.conll import ConllReader
from onoma.corpora.options import ReadOptions, WriteOptions
from onoma.corpora.tagged import chunks_by_layer, tagged_sentences, written_tags
from onoma.corpora.tally import WriteTally
from onoma.io.lines import whole_text
from onoma.schemes import Scheme, parse_tag
from onoma.text import Document

_FIELD = re.compile(r"[^ \t\r\n]+")

ChangedLine = tuple[str, str | None]
"""A line with its line ending, and its replacement; None if the line is left out."""


def retag(
    path: Path, documents: Iterable[tuple[Document | None, tuple[int, ...]]], *, options: ReadOptions
) -> Iterator[ChangedLine]:
    """Yield each line of the file and its replacement.

    Args:
        path: a file in the format `conll`.
        documents: the new documents in the order of the file, with the lines of their words; None for a document that
            is left out, never the first one.
        options: the options with which the file was read.
    """
    reader = ConllReader(path, options)
    tags: dict[int, str] = {}
    removed: set[int] = set()
    before = 0
    for document, lines in documents:
        if document is None and lines:
            removed.update(range(before + 1, lines[-1] + 1))
        elif document is not None and reader.scheme is not None:
            tags.update(zip(lines, _encode_document(document, reader.scheme), strict=True))
        before = lines[-1] if lines else before
    spelling = reader.spelling

    def is_same(before: str, after: str) -> bool:
        return spelling.plain and parse_tag(before) == parse_tag(after)

    text = whole_text(path, encoding=options.encoding, keep_bom=True)
    for number, line in enumerate(_split_lines(text), start=1):
        yield (
            line,
            None if number in removed else _replace_tag(line, tags.get(number), reader.columns, is_same=is_same),
        )


def _split_lines(text: str) -> list[str]:
    """Return lines with their line endings; only a line feed ends a line."""
    *complete, last = text.split("\n")
    return [line + "\n" for line in complete] + ([last] if last else [])


def _encode_document(document: Document, scheme: Scheme) -> list[str]:
    tally = WriteTally()
    result: list[str] = []
    for sentence in tagged_sentences(document, segment=WriteOptions().segment, tally=tally):
        [chunks] = chunks_by_layer(sentence, tally=tally)
        result += written_tags(chunks, length=len(sentence.words), scheme=scheme, tally=tally)
    return result


def _replace_tag(line: str, tag: str | None, columns: ColumnLayout, *, is_same: Callable[[str, str], bool]) -> str:
    if tag is None or columns.tag is None:
        return line
    if columns.tabs:
        body = line.rstrip("\r\n")
        fields = body.split("\t")
        if is_same(fields[columns.tag].strip(" "), tag):
            return line
        fields[columns.tag] = tag
        return "\t".join(fields) + line[len(body) :]
    field = list(_FIELD.finditer(line))[columns.tag]
    if is_same(field[0], tag):
        return line
    return line[: field.start()] + tag + line[field.end() :]
