"""Reading of unlabelled files as a stream of document sections, split into sentences, in bounded memory.

Plain text is read in blocks, so that neither a file nor a line has to fit into memory. From annotated files, the texts
and sentences of their documents are used. Only whitespace is dropped; all other characters are kept in order.

A line ends only at a line feed, a carriage return or both. This module is independent of subwords and masks.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

from onoma.corpora import ReadOptions, files_of, read
from onoma.counting import counted
from onoma.errors import ConfigError, CorpusError, InputError
from onoma.io.suffixes import READ_COMPRESSIONS
from onoma.pretraining.blocks import BLOCK_BYTES, blocks_of
from onoma.pretraining.sentences import (
    LONGEST_SENTENCE,
    are_sentences,
    are_wrapped,
    last_blank,
    line_ends,
    pieces_between,
    sentence_ends,
    split_sentences,
    whole_line_ends,
)
from onoma.pretraining.text_format import format_by_content, format_by_name, has_place_digits
from onoma.text import Document

DocumentUnit = Literal["auto", "lines", "blank-lines", "files"]
"""Unit that is a document in a plain-text file."""

LONGEST_SECTION = 64_000
"""Approximate maximum number of characters in a section."""

_HEAD_CHARACTERS = 1 << 20
_INSPECTED_LINES = 2_000
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_UNIT_DESCRIPTIONS = {
    "lines": "each line is a document",
    "blank-lines": "blank lines separate documents",
    "files": "the whole file is a document",
}
_UNIT_ADVICE = "--set data.documents=lines, blank-lines or files changes that (in onoma train, adapt.documents)"
_TEXT_OPTION = "--set data.format=text (in onoma train, format = text in the table adapt or task)"

SentenceEnds = Callable[[str], list[int]]
"""Function that returns the offsets at which the sentences of a text end, in order and without that of the last one."""


@dataclass(frozen=True, slots=True)
class Section:
    """A document, or a part of a long one.

    Attributes:
        sentences: sentences in order; none is blank, and none contains a line end.
        continues: whether the section continues the document of the section before.
    """

    sentences: tuple[str, ...]
    continues: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """Settings for reading unlabelled files.

    Attributes:
        format: ``text``, or the name of an annotated format; None detects it from suffix and content.
        encoding: character encoding of all files; with UTF-8, a byte order mark is skipped.
        documents: unit that is a document in plain text: each line, each text between blank lines, or each file.
            ``auto`` uses blank lines if there is one between texts in the first million characters of a file, else
            lines.

    Raises:
        ConfigError: the encoding or the document unit is unknown.
    """

    format: str | None = None
    encoding: str = "utf-8"
    documents: DocumentUnit = "auto"

    def __post_init__(self) -> None:
        if self.documents not in get_args(DocumentUnit):
            choices = ", ".join(get_args(DocumentUnit))
            raise ConfigError(f"documents = {self.documents!r} is not known; choose one of {choices}")
        try:
            codecs.getincrementaldecoder(self.encoding)
        except LookupError:
            raise ConfigError(f"unknown encoding {self.encoding!r}") from None


def read_sections(
    paths: Iterable[str | Path], *, settings: TextSettings, notice: Callable[[str], object]
) -> Iterator[Section]:
    """Read files one after the other.

    Args:
        paths: files, which may be compressed (``.gz``, ``.xz``, ``.zst``), or folders, of which all files are read.
        settings: settings for reading the files.
        notice: called with messages about how the files are read, once for each way, and about what was skipped.

    Yields:
        The sections of each document in order, one document after the other.

    Raises:
        CorpusError: a file is missing, damaged, binary, or not in this encoding.
        InputError: there are no files, or none of them contains text.
        ConfigError: the format is unknown.
    """
    files = _list_files(paths)
    if not files:
        raise InputError("no files to read text from; name files, or a folder that has some")
    notices = _Notices(notice)
    has_text = False
    for path in files:
        for section in _read_file(path, settings, notices):
            has_text = True
            yield section
    notices.finish()
    if not has_text:
        raise InputError(f"no text in {_format_paths(files)}; there is nothing but white space")


def _list_files(paths: Iterable[str | Path]) -> list[Path]:
    """Return all files without duplicates; of a brat pair, only the file with the text."""
    files: dict[Path, None] = {}
    for path in map(Path, paths):
        for file in files_of(path):
            text = file.with_suffix(".txt")
            files[text if file.suffix.lower() == ".ann" and text.is_file() else file] = None
    return list(files)


def _format_paths(paths: Sequence[Path]) -> str:
    listed = ", ".join(map(str, paths[:3]))
    return f"{listed} and {len(paths) - 3:,} more files" if len(paths) > 3 else listed


@dataclass(slots=True)
class _Notices:
    """Messages about the files: each way of reading is reported once, and at the end how many more files it applied to.

    Attributes:
        notice: function called with each message.
        more: number of further files for each way of reading.
        empty: numbers of files and documents without text.
    """

    notice: Callable[[str], object]
    more: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)

    def add(self, path: Path, way: str, *, advice: str) -> None:
        """Report how a file is read, if it is the first one that is read in this way."""
        if way in self.more:
            self.more[way] += 1
        else:
            self.more[way] = 0
            self.notice(f"{path}: {way}; {advice}")

    def finish(self) -> None:
        """Report the accumulated counts."""
        for way, count in self.more.items():
            if count:
                self.notice(f"{counted(count, 'more file')}: {way}")
        for what, count in self.empty.items():
            if count:
                self.notice(f"{counted(count, what)} without text skipped")


def _read_file(path: Path, settings: TextSettings, notices: _Notices) -> Iterator[Section]:
    """Yield the sections of one file."""
    name = settings.format if settings.format is not None else format_by_name(path)
    if name not in (None, "text"):
        yield from _read_annotated(path, str(name), settings, notices)
        return
    blocks = blocks_of(path, encoding=settings.encoding)
    head_blocks: list[str] = []
    size = 0
    for block in blocks:
        head_blocks.append(block)
        size += len(block)
        if size >= _HEAD_CHARACTERS:
            break
    head_text = "".join(head_blocks)
    if size < _HEAD_CHARACTERS and (not head_text or head_text.isspace()):
        notices.empty["file"] += 1
        return
    lines = [line[:LONGEST_SECTION] for line in head_text.split("\n", _INSPECTED_LINES)]
    if len(lines) > _INSPECTED_LINES or (size >= _HEAD_CHARACTERS and len(lines) > 1):
        lines.pop()
    if name is None and (detected := format_by_content(path, lines)):
        blocks.close()
        yield from _read_annotated(path, detected, settings, notices)
        return
    unit = settings.documents
    if unit == "auto":
        unit = "blank-lines" if _BLANK_LINE.search(head_text.strip()) else "lines"
        notices.add(path, f"plain text, {_UNIT_DESCRIPTIONS[unit]}", advice=_UNIT_ADVICE)
    find_ends = sentence_ends if unit == "lines" else _choose_sentence_ends(path, lines, notices)
    del head_text, lines
    yield from _read_plain(chain(_drain(head_blocks), blocks), unit, find_ends, notices)


def _choose_sentence_ends(path: Path, lines: Sequence[str], notices: _Notices) -> SentenceEnds:
    """Choose the function that finds sentence ends in documents of several lines, from the first lines of the file."""
    if are_sentences(line[:LONGEST_SENTENCE] for line in lines if line.strip()):
        notices.add(path, "plain text, each line is taken as a sentence", advice="as nearly all end like one")
        return line_ends
    if not are_wrapped([line.strip() for line in lines]):
        notices.add(
            path, "plain text, no sentence continues in the next line", advice="as the lines are not of one width"
        )
        return whole_line_ends
    return sentence_ends


def _drain(blocks: list[str]) -> Iterator[str]:
    """Yield the blocks, removing each from the list so that its memory can be freed."""
    blocks.reverse()
    while blocks:
        yield blocks.pop()


def _read_annotated(path: Path, format: str, settings: TextSettings, notices: _Notices) -> Iterator[Section]:
    """Yield the sections of the documents of an annotated file."""
    if path.suffix.lower() in READ_COMPRESSIONS:
        message = f"is compressed, and annotated files ({format}) are read only uncompressed; decompress it"
        raise CorpusError(f"{message}, or if it is plain text, say so: {_TEXT_OPTION}", path=path)
    if path.is_file() and path.stat().st_size == 0:
        notices.empty["file"] += 1
        return
    advice = f"{_TEXT_OPTION} reads the file as plain text"
    notices.add(path, f"read as {format}, only the texts of its documents", advice=advice)
    options = ReadOptions(
        encoding=settings.encoding,
        position_digit=format == "conll" and has_place_digits(path, encoding=settings.encoding),
        texts_only=True,
        may_be_empty=True,
        skip_checks=True,
        replace_surrogates=True,
    )
    for document in read(path, format=format, options=options):
        sentences = _extract_sentences(document)
        if not sentences:
            notices.empty["document"] += 1
        yield from _divide_into_sections(sentences)


def _extract_sentences(document: Document) -> list[str]:
    """Return the sentences given by the corpus, with the text between them; split the text if it gives none."""
    text = document.text.replace("\r\n", "\n").replace("\r", "\n") if document.sentences is None else document.text
    if document.sentences is None:
        return split_sentences(text)
    return pieces_between(text, (sentence.start for sentence in document.sentences))


def _divide_into_sections(sentences: Iterable[str]) -> Iterator[Section]:
    """Divide the sentences of one document into sections."""
    pending: list[str] = []
    size, continues = 0, False
    for sentence in sentences:
        if pending and size + len(sentence) > LONGEST_SECTION:
            yield Section(tuple(pending), continues)
            pending, size, continues = [], 0, True
        pending.append(sentence)
        size += len(sentence) + 1
    if pending:
        yield Section(tuple(pending), continues)


def _read_plain(blocks: Iterable[str], unit: str, find_ends: SentenceEnds, notices: _Notices) -> Iterator[Section]:
    """Yield the sections of plain text."""
    document = _OpenDocument(find_ends)
    by_lines, by_blank_lines = unit == "lines", unit == "blank-lines"
    is_blank = True
    for block in blocks:
        *lines, last_line = block.split("\n")
        for line in lines:
            is_blank = is_blank and (not line or line.isspace())
            document.add(line if by_lines else line + "\n")
            if by_lines or (is_blank and by_blank_lines):
                notices.empty["document"] += by_lines and is_blank
                section = document.end()
            else:
                section = document.overflow()
            if section is not None:
                yield section
            is_blank = True
        is_blank = is_blank and (not last_line or last_line.isspace())
        document.add(last_line)
        if (section := document.overflow()) is not None:
            yield section
    if (section := document.end()) is not None:
        yield section


class _OpenDocument:
    """A document that is being read; text beyond the length of a section is returned as soon as possible."""

    def __init__(self, find_ends: SentenceEnds) -> None:
        self._find_ends = find_ends
        self._parts: list[str] = []
        self._size = 0
        self._continues = False

    def add(self, text: str) -> None:
        """Append text to the document."""
        self._parts.append(text)
        self._size += len(text)

    def overflow(self) -> Section | None:
        """Return all sentences but the last, which may be incomplete, if the document is long enough for a section."""
        if self._size <= LONGEST_SECTION - BLOCK_BYTES:
            return None
        text = "".join(self._parts)
        ends = self._find_ends(text)
        cut = ends[-1] if ends else 0
        if len(text) - cut > LONGEST_SENTENCE:
            cut = last_blank(text, len(text) - LONGEST_SENTENCE // 2, len(text))
        self._parts, self._size = [text[cut:]], len(text) - cut
        return self._make_section(text[:cut], ends)

    def end(self) -> Section | None:
        """Return the rest of the document; text that is added next begins a new document."""
        text = "".join(self._parts).strip()
        section = self._make_section(text, self._find_ends(text)) if text else None
        self._parts, self._size, self._continues = [], 0, False
        return section

    def _make_section(self, text: str, ends: Sequence[int]) -> Section | None:
        sentences = tuple(pieces_between(text, ends))
        if not sentences:
            return None
        section = Section(sentences, self._continues)
        self._continues = True
        return section
