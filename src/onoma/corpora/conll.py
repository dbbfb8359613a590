"""Reader and writer of column files with one word per line (CoNLL 2002 and 2003, WNUT, WikiANN, Weibo NER, …).

Columns are separated by tabs or by spaces, whichever most lines of the file use. In a file with tabs, a word is kept
verbatim, including spaces. A blank line separates sentences. A ``-DOCSTART-`` line or a ``# newdoc`` comment begins a
document; in a file without either, each sentence is a document. A line that begins with ``#`` is a comment unless it
has as many columns as the other lines and a tag in the tag column. The writer uses tabs, two columns, and document
marks where they are needed.

This module does not interpret tags: see ``blocks`` for reading and ``tagged`` for writing.

Source: https://www.clips.uantwerpen.be/conll2003/ner/ and the README of each corpus.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from onoma.corpora.blocks import DocumentBoundary, DocumentBuilder, SentenceBlock
from onoma.corpora.column_detection import detect_columns
from onoma.corpora.columns import ColumnLayout, split_columns
from onoma.corpora.options import ReadOptions, WriteOptions, chosen_scheme
from onoma.corpora.spelling import TagSpelling, is_tag
from onoma.corpora.tag_transitions import TagTransitions
from onoma.corpora.tagged import chunks_by_layer, compare_text, escape_word, tagged_sentences, written_tags
from onoma.corpora.tally import ReadTally, WriteTally
from onoma.errors import CorpusError
from onoma.io.files import replacing
from onoma.io.lines import numbered_lines
from onoma.schemes import Scheme
from onoma.text import Document

MARK = "-DOCSTART-"

_HEAD_LINES = 2000
_SPECIAL_FIRST_CHARACTERS = frozenset(["", " ", "\t", "#", "-"])
_EMPTY_IDS = frozenset(["", "O", "-X-", "-", "_", MARK])
_COMMENT_PATTERN = re.compile(r"#\s*(newdoc id|newdoc|sent_id|text|global\.columns)\s*(?:=\s?(.*))?")
_LANGUAGE_PREFIX = re.compile(r"([a-z]{2,3}(?:[-_][a-z]{2,8})*):")


@dataclass(frozen=True, slots=True, kw_only=True)
class _FirstPass:
    """Result of the first pass over a file."""

    scheme: Scheme
    spelling: TagSpelling
    marked: bool
    language: str


class ConllReader:
    """Reader of one column file."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options

    @property
    def scheme(self) -> Scheme | None:
        return self._first_pass.scheme if self.columns.tag is not None else None

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        first_pass, options = self._first_pass, self._options
        meta = {"language": first_pass.language} if first_pass.language else {}
        tally.scheme = self.scheme.name if self.scheme is not None else None
        self._count_layout_notes(tally)
        builder = DocumentBuilder(
            path=self._path,
            scheme=first_pass.scheme,
            options=options,
            tally=tally,
            meta=meta,
            spelling=first_pass.spelling,
        )
        return builder.documents(self._strip_words(first_pass.language), marked=first_pass.marked)

    @cached_property
    def columns(self) -> ColumnLayout:
        """Column layout of the file, detected from its first lines."""
        lines = [
            line
            for _, line in islice(numbered_lines(self._path, encoding=self._options.encoding), _HEAD_LINES)
            if line.strip(" \t") and not line.startswith(MARK)
        ]
        return detect_columns(lines, self._options, path=self._path)

    @property
    def spelling(self) -> TagSpelling:
        """Spelling of the tags in the file."""
        return self._first_pass.spelling

    @cached_property
    def _first_pass(self) -> _FirstPass:
        marked, tags, prefix, word_count = False, TagTransitions(), "", 0
        prefix_possible = self._options.language_prefix is None
        for part in self._parts():
            if isinstance(part, DocumentBoundary):
                marked = True
                continue
            if prefix_possible:
                prefix = prefix or _find_language_prefix(part.words[0])
                prefix_possible = bool(prefix) and all(word.startswith(prefix) for word in part.words)
                word_count += len(part.words)
            tags.add(part)
        if self._options.language_prefix is not None:
            language = self._options.language_prefix
        else:
            language = prefix.removesuffix(":") if prefix_possible and word_count > 1 else ""
        scheme, spelling = tags.result(self._options, path=self._path, blocks=self._parts)
        return _FirstPass(scheme=scheme, spelling=spelling, marked=marked, language=language)

    def _count_layout_notes(self, tally: ReadTally) -> None:
        columns = self.columns
        if columns.header is not None:
            tally.adjusted.add("the first line names the columns", where=str(self._path), what=repr(columns.header))
        if columns.index:
            reason = "numbers before the word are left out; --word-column reads another column"
            tally.adjusted.add(reason, where=str(self._path), what=f"the word is in column {columns.word + 1}")

    def _strip_words(self, language: str) -> Iterator[SentenceBlock | DocumentBoundary]:
        """Yield the parts of the file, with language prefixes and position digits removed from the words."""
        prefix = f"{language}:" if language else ""
        for part in self._parts():
            if isinstance(part, SentenceBlock):
                part.unread.update(dict.fromkeys(self.columns.unread, len(part.words)))
                if prefix:
                    part.words = [word.removeprefix(prefix) for word in part.words]
                if self._options.position_digit:
                    numbered = zip(part.words, part.lines, strict=True)
                    part.words = [self._remove_digit(word, line) for word, line in numbered]
            yield part

    def _remove_digit(self, word: str, line: int) -> str:
        if word[-1:].isdigit():
            return word[:-1]
        message = f"word {word!r} does not end in its position digit; read without position_digit"
        raise CorpusError(message, path=self._path, line=line)

    def _parts(self) -> Iterator[SentenceBlock | DocumentBoundary]:
        """Yield the sentences and document marks of the file, in order."""
        columns = self.columns
        header = columns.header
        block = self._new_block()
        for number, line in numbered_lines(self._path, encoding=self._options.encoding):
            if line[:1] in _SPECIAL_FIRST_CHARACTERS and not self._is_word(line):
                comment = _Comment.of(line)
                if block.words and comment.key in ("end", "newdoc", "newdoc id"):
                    yield block
                    block = self._new_block()
                if not comment.key:
                    block.unread["comments"] += 1
                elif comment.key in ("newdoc", "newdoc id"):
                    yield DocumentBoundary(id=comment.value)
                elif comment.key == "sent_id":
                    block.id = comment.value
                elif comment.key == "text":
                    block.text = comment.value
                continue
            if header is not None and line == header:
                header = None
                continue
            word, tag, no_space_after = columns.pick(line, path=self._path, number=number)
            block.words.append(word)
            block.lines.append(number)
            block.no_space_after.append(no_space_after)
            for tags in block.layers:
                tags.append(tag)
        if block.words:
            yield block

    def _new_block(self) -> SentenceBlock:
        return SentenceBlock(layers=() if self.columns.tag is None else ([],))

    def _is_word(self, line: str) -> bool:
        if not line.strip(" \t") or line.startswith(MARK):
            return False
        if not line.startswith("#"):
            return True
        columns = self.columns
        fields = split_columns(line, tabs=columns.tabs)
        if len(fields) != columns.width or (not columns.tabs and _COMMENT_PATTERN.fullmatch(line)):
            return False
        if columns.tag is None:
            return True
        tag = fields[columns.tag].strip(" ")
        return tag in columns.tags or is_tag(tag)


@dataclass(frozen=True, slots=True)
class _Comment:
    """Content of a line without a word.

    Attributes:
        key: ``end`` for a blank line, ``newdoc`` for a ``-DOCSTART-`` line, or the key of a comment; empty if ignored.
        value: the value of the comment, or the id in the ``-DOCSTART-`` line.
    """

    key: str
    value: str

    @classmethod
    def of(cls, line: str) -> _Comment:
        if not line.strip(" \t"):
            return cls("end", "")
        if line.startswith(MARK):
            fields = split_columns(line, tabs="\t" in line)[1:] or split_columns(line, tabs=False)[1:]
            return cls("newdoc", " ".join(field for field in fields if field not in _EMPTY_IDS))
        match = _COMMENT_PATTERN.fullmatch(line)
        return cls(match[1], match[2] or "") if match else cls("", "")


def write_conll(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write ``word<TAB>tag`` lines.

    Document marks are written if any document has an id or not exactly one sentence. The words are those of the
    document, or those that ``options.segment`` finds in its text. Of overlapping entities, the longest is kept.

    Raises:
        CorpusError: the file cannot be written.
    """
    scheme = chosen_scheme(options.scheme)
    marked = False
    with replacing(path) as target, tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as buffer:
        for document in documents:
            tally.begin(document)
            sentences = tagged_sentences(document, segment=options.segment, tally=tally)
            id = _writable_id(document, tally)
            marked = marked or len(sentences) != 1 or bool(id)
            buffer.write(f"{MARK}\t{id}\tO\n" if id else f"{MARK}\tO\n")
            for sentence in sentences:
                [chunks] = chunks_by_layer(sentence, tally=tally)
                tags = written_tags(chunks, length=len(sentence.words), scheme=scheme, tally=tally)
                for word, tag in zip(sentence.words, tags, strict=True):
                    buffer.write(f"{_escape_mark(escape_word(word.text, tally), tally)}\t{tag}\n")
                buffer.write("\n")
            tally.lose_beyond(document, holds=frozenset(["id", "words", "sentences"]))
            compare_text(document, sentences, tally)
        buffer.seek(0)
        for line in buffer:
            if not line.startswith(MARK):
                target.write(line)
            elif marked:
                target.write(line + "\n")


def _writable_id(document: Document, tally: WriteTally) -> str:
    id = document.id
    if id and (id in _EMPTY_IDS or any(character in id for character in "\t\n\r")):
        tally.lose("id cannot be kept", repr(id))
        return ""
    return id


def _escape_mark(word: str, tally: WriteTally) -> str:
    if not word.startswith(MARK):
        return word
    tally.lose("the word reads as a document mark; written without its first hyphen", word)
    return word.removeprefix("-")


def _find_language_prefix(word: str) -> str:
    match = _LANGUAGE_PREFIX.match(word)
    return match[0] if match else ""
