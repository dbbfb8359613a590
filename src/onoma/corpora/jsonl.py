"""JSON Lines, or one JSON value that holds a list, of records with character offsets to Documents and back.

A record may have any layout that ``layouts`` knows; each is judged by its own keys. JSON Lines stream; a file that is
one JSON value, as Label Studio exports, is read whole.

Source: https://jsonlines.org
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from onoma.corpora.blocks import Assembler, DocumentMark, SentenceBlock, Steps, add_steps
from onoma.corpora.layouts import LAYOUTS, id_of, is_pair, meta_of, rejected, spans_of, tags_of
from onoma.corpora.options import ReadOptions, WriteOptions, chosen_scheme
from onoma.corpora.spans import place
from onoma.corpora.tally import ReadTally, WriteTally
from onoma.errors import ConfigError, CorpusError
from onoma.io.files import replacing
from onoma.io.lines import numbered_lines, whole_text
from onoma.schemes import Scheme, detect_from_steps
from onoma.text import Document


class JsonlReader:
    """One file of JSON records."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options

    @cached_property
    def scheme(self) -> Scheme | None:
        """The scheme of the records with tokens and tags; None where all hold spans."""
        steps = Steps()
        for line, record in self._records():
            block = self._block(line, record)
            if block is not None and self._options.scheme is not None:
                return chosen_scheme(self._options.scheme)
            if block is not None:
                add_steps(steps, block, self._path)
        return detect_from_steps(steps).scheme if steps else None

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        for line, record in self._records():
            where = f"{self._path}:{line}"
            if answer := rejected(record):
                tally.unusable.add("the annotator did not accept the record", where=where, what=answer)
                continue
            block = self._block(line, record)
            if block is not None:
                yield from self._tagged(block, record, tally)
                continue
            try:
                annotated = spans_of(record)
            except CorpusError as error:
                raise CorpusError(error.message, path=self._path, line=line) from None
            tally.lines = (line,)
            yield place(annotated, where=where, tally=tally)

    def _block(self, line: int, record: object) -> SentenceBlock | None:
        try:
            return tags_of(record, line=line)
        except CorpusError as error:
            raise CorpusError(error.message, path=self._path, line=line) from None

    def _tagged(self, block: SentenceBlock, record: object, tally: ReadTally) -> Iterator[Document]:
        scheme = self.scheme or chosen_scheme("BIO")
        tally.scheme = scheme.name
        assembler = Assembler(path=self._path, scheme=scheme, options=self._options, tally=tally, meta=meta_of(record))
        yield from assembler.documents([DocumentMark(id=id_of(record)), block], marked=True)

    def _records(self) -> Iterator[tuple[int, object]]:
        """Records with their lines; those of one JSON value are counted instead, as their lines are not known."""
        lines = numbered_lines(self._path, encoding=self._options.encoding)
        filled = ((number, line) for number, line in lines if line.strip())
        first = next(filled, None)
        if first is None:
            return
        if not _is_record(first[1]):
            yield from enumerate(self._whole(), start=1)
            return
        yield first[0], json.loads(first[1])
        for number, line in filled:
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                message = f"column {error.colno} is no JSON: {error.msg}; expected one JSON object a line"
                raise CorpusError(message, path=self._path, line=number) from None

    def _whole(self) -> list[object]:
        try:
            value = json.loads(whole_text(self._path, encoding=self._options.encoding))
        except json.JSONDecodeError as error:
            message = f"column {error.colno} is no JSON: {error.msg}; expected one JSON object a line, or a JSON list"
            raise CorpusError(message, path=self._path, line=error.lineno) from None
        if isinstance(value, dict) and "text" not in value and isinstance(value.get("annotations"), list):
            value = value["annotations"]
        return value if isinstance(value, list) and not is_pair(value) else [value]


def write_jsonl(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write a record a line, or for a path that ends in ``.json`` a list with a record a line.

    Raises:
        ConfigError: there is no such layout.
        CorpusError: the file cannot be written.
    """
    if options.layout not in LAYOUTS:
        raise ConfigError(f"unknown JSON layout {options.layout!r}; choose one of {', '.join(LAYOUTS)}")
    layout = LAYOUTS[options.layout]
    listed = path.suffix.lower() == ".json"
    with replacing(path) as target:
        separator = "[\n" if listed else ""
        for document in documents:
            tally.begin(document)
            held = _without_empty(document, tally)
            tally.lose_beyond(held, holds=layout.holds)
            target.write(separator + _line(layout.record(held)))
            separator = ",\n" if listed else "\n"
            for entity in held.entities:
                tally.wrote(entity.label)
        target.write("\n]\n" if listed and tally.documents else "[]\n" if listed else "\n" if tally.documents else "")


def _without_empty(document: Document, tally: WriteTally) -> Document:
    usable = [entity for entity in document.entities if entity.start < entity.end and entity.label]
    for entity in document.entities:
        if entity.start == entity.end or not entity.label:
            tally.lose("the entity covers no text or has no label", f"[{entity.start}, {entity.end}) {entity.label}")
    return document.with_entities(usable)


def _line(record: object) -> str:
    line = json.dumps(record, ensure_ascii=False)
    return line if line.isprintable() or _encodable(line) else json.dumps(record)


def _encodable(line: str) -> bool:
    """Whether UTF-8 can hold it; half of a surrogate pair it cannot, but a JSON escape can."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_record(line: str) -> bool:
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) or is_pair(value)
