"""Conversion of tagged sentences, as column files contain them, to Documents.

A block is one sentence: its words, one or more layers of tags, and the information in its comments. If the original
text of a sentence is known, its words are located in it; otherwise the words are joined by single spaces, except where
the file marks that no space follows. Sentences are separated by one line feed, so without text and marks the result
equals that of ``Document.from_words``. This module does not know how a file represents words, tags or comments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from onoma.corpora.options import ReadOptions
from onoma.corpora.spelling import TagSpelling
from onoma.corpora.tally import ReadTally
from onoma.errors import SchemeError
from onoma.schemes import OUTSIDE, Scheme, decode_tags
from onoma.text import Document, Entity, Sentence, Word

WordBounds = list[tuple[int, int]]


@dataclass(slots=True, kw_only=True)
class SentenceBlock:
    """One sentence of a column file.

    Attributes:
        words: the words as in the file.
        layers: for each annotation layer, one tag per unit.
        lines: for each unit, its line number in the file.
        units: for each unit, the index of its word; None if the units are the words. Several units share a word if one
            written word stands for several syntactic ones (French *du*).
        no_space_after: for each word, whether no space follows it; empty if unknown.
        text: the original text of the sentence.
        id: the id of the sentence.
        meta: further metadata of the document, from the comments of the block.
        unread: columns and keys that are not read, with the number of words or records that have one.
    """

    words: list[str] = field(default_factory=list)
    layers: tuple[list[str], ...] = ()
    lines: list[int] = field(default_factory=list)
    units: list[int] | None = None
    no_space_after: list[bool] = field(default_factory=list)
    text: str | None = None
    id: str = ""
    meta: dict[str, object] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBoundary:
    """Marker of the beginning of a document."""

    id: str = ""


def align(words: Iterable[str], text: str) -> WordBounds | None:
    """Return the bounds of consecutive words in a text; None if the text is not these words and whitespace.

    >>> align(["do", "n't", "go"], "don't go ")
    [(0, 2), (2, 5), (6, 8)]
    """
    bounds: WordBounds = []
    position = 0
    for word in words:
        start = text.find(word, position)
        if start < 0 or (start > position and not text[position:start].isspace()):
            return None
        position = start + len(word)
        bounds.append((start, position))
    return None if text[position:].strip() else bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBuilder:
    """Builder of Documents from the blocks of a file.

    Attributes:
        path: the file, for messages.
        scheme: tagging scheme of the tags.
        options: reading options, for example how to handle invalid tag sequences.
        tally: counts repairs, adjustments and omissions.
        meta: metadata added to every document.
        spelling: spelling of the tags in the file.
    """

    path: Path
    scheme: Scheme
    options: ReadOptions
    tally: ReadTally
    meta: Mapping[str, object]
    spelling: TagSpelling = field(default_factory=TagSpelling)

    def documents(self, parts: Iterable[SentenceBlock | DocumentBoundary], *, marked: bool) -> Iterator[Document]:
        """Yield one document for each mark, or for each block if the file has no marks.

        Blocks before the first mark also form a document.

        Raises:
            SchemeError: a tag is not in the scheme, or, with ``strict``, the scheme does not allow it at its position.
        """
        id, blocks, document_begun = "", list[SentenceBlock](), False
        for part in parts:
            if isinstance(part, SentenceBlock):
                blocks.append(part)
            if isinstance(part, DocumentBoundary) or not marked:
                if blocks or document_begun:
                    yield self._build_document(blocks, id)
                blocks, document_begun = [], marked
                id = part.id if isinstance(part, DocumentBoundary) else ""
        if blocks or document_begun:
            yield self._build_document(blocks, id)

    def _build_document(self, blocks: list[SentenceBlock], id: str) -> Document:
        texts: list[str] = []
        words: list[Word] = []
        entities: list[Entity] = []
        sentences: list[Sentence] = []
        meta = dict(self.meta)
        offset = 0
        for block in blocks:
            text, bounds = self._locate_words(block)
            words.extend(
                Word(start=offset + start, end=offset + end, text=word)
                for word, (start, end) in zip(block.words, bounds, strict=True)
            )
            entities.extend(self._decode_entities(block, text, bounds, offset))
            sentences.append(Sentence(start=offset, end=offset + len(text), id=block.id))
            texts.append(text)
            meta.update(block.meta)
            self.tally.unread.update(block.unread)
            offset += len(text) + 1
        self.tally.lines = tuple(line for block in blocks for line in _word_lines(block))
        document = Document("\n".join(texts), id=id, words=tuple(words), sentences=tuple(sentences), meta=meta)
        return document.with_entities(entities) if entities else document

    def _locate_words(self, block: SentenceBlock) -> tuple[str, WordBounds]:
        if block.text is not None:
            bounds = align(block.words, block.text)
            if bounds is not None:
                return block.text, bounds
            where = f"{self.path}:{block.lines[0]}"
            reason = "the sentence's original text does not hold its words; rebuilt from the words"
            self.tally.adjusted.add(reason, where=where, what=block.text)
        marks = block.no_space_after or [False] * len(block.words)
        pieces: list[str] = []
        rebuilt_bounds: WordBounds = []
        position = 0
        for word, no_space_after in zip(block.words, marks, strict=True):
            rebuilt_bounds.append((position, position + len(word)))
            pieces.append(word if no_space_after else word + " ")
            position += len(pieces[-1])
        end = rebuilt_bounds[-1][1] if rebuilt_bounds else 0
        return "".join(pieces)[:end], rebuilt_bounds

    def _decode_entities(self, block: SentenceBlock, text: str, bounds: WordBounds, offset: int) -> Iterator[Entity]:
        seen: set[tuple[int, int, str]] = set()
        labels_per_word = self.options.labelled == "words"
        for tags in map(self._normalize_tags, () if self.options.texts_only else block.layers):
            if not labels_per_word and tags.count(OUTSIDE) == len(tags):
                continue
            for first, end_unit, label in self._decode_chunks(block, tags):
                last = end_unit - 1
                start, end = bounds[_word_index(block, first)][0], bounds[_word_index(block, last)][1]
                where = f"{self.path}:{block.lines[first]}"
                if start == end:
                    self.tally.unusable.add("the entity covers no text", where=where, what=label)
                elif (start, end, label) in seen:
                    self.tally.unusable.add("the entity is annotated twice", where=where, what=label)
                elif (
                    labels_per_word
                    and block.units is not None
                    and first
                    and block.units[first - 1] == block.units[first]
                ):
                    reason = "the written word stands for several; it has the label of the first"
                    self.tally.adjusted.add(reason, where=where, what=f"{text[start:end]} {label}")
                else:
                    if not labels_per_word and block.units is not None and not _covers_words(block.units, first, last):
                        reason = "the entity covers part of a written word; widened to the word"
                        self.tally.adjusted.add(reason, where=where, what=f"{text[start:end]} {label}")
                    seen.add((start, end, label))
                    yield Entity(start=offset + start, end=offset + end, label=label, text=text[start:end])

    def _normalize_tags(self, tags: list[str]) -> list[str]:
        return tags if self.spelling.plain else self.spelling.all(tags)

    def _decode_chunks(self, block: SentenceBlock, tags: list[str]) -> Sequence[tuple[int, int, str]]:
        if self.options.labelled == "words":
            return [(position, position + 1, tag) for position, tag in enumerate(tags) if tag]
        try:
            decoded = decode_tags(tags, self.scheme)
        except SchemeError as error:
            raise _locate_error(error, block, tags, self.path, self.scheme) from None
        for position in decoded.repairs:
            before = f"{tags[position - 1]!r}" if position else "the beginning"
            after = f"{tags[position]!r}" if position < len(tags) else "the end of a sentence"
            line = block.lines[min(position, len(tags) - 1)]
            if self.options.strict:
                message = (
                    f"{after} may not follow {before} in scheme {self.scheme.name}; fix it, or read without strict"
                )
                raise SchemeError(message, path=self.path, line=line)
            self.tally.repairs.add("", where=f"{self.path}:{line}", what=f"{after} follows {before}")
        return decoded.sound if self.options.sound_only else decoded.chunks


def _word_index(block: SentenceBlock, unit: int) -> int:
    return unit if block.units is None else block.units[unit]


def _word_lines(block: SentenceBlock) -> list[int]:
    """Return the line of each word; for a word with several units, the line of its first unit."""
    if block.units is None:
        return block.lines
    first_lines = dict(zip(reversed(block.units), reversed(block.lines), strict=True))
    return [first_lines[word] for word in range(len(block.words))]


def _covers_words(units: list[int], first: int, last: int) -> bool:
    starts_word = first == 0 or units[first - 1] != units[first]
    return starts_word and (last == len(units) - 1 or units[last + 1] != units[last])


def _locate_error(error: SchemeError, block: SentenceBlock, tags: list[str], path: Path, scheme: Scheme) -> SchemeError:
    """Return the error with path and line.

    The line is that of the first tag that raises an error on its own, otherwise the first line of the sentence.
    """
    for line, tag in zip(block.lines, tags, strict=True):
        try:
            decode_tags([tag], scheme)
        except SchemeError as tag_error:
            return SchemeError(tag_error.message, path=path, line=line)
    return SchemeError(error.message, path=path, line=block.lines[0])
