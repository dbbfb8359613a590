"""Reader and writer of JSON records with character offsets: JSON Lines, or one JSON value that contains a list.

A record may have any layout described in ``layouts`` and ``token_spans``; it is detected for each record from its keys.
JSON Lines are streamed; a file with a single JSON value, such as an export of Label Studio, is read whole.

Source: https://jsonlines.org
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from onoma.corpora.data_frames import records_of_frame
from onoma.corpora.layouts import is_pair, is_task
from onoma.corpora.options import ReadOptions, WriteOptions
from onoma.corpora.records import RecordReader
from onoma.corpora.span_notations import looks_like_span
from onoma.corpora.tagged_records import TAG_KEYS
from onoma.corpora.tally import WriteTally
from onoma.corpora.tool_records import with_entities
from onoma.corpora.word_records import sentences_of, with_tokens
from onoma.corpora.written_layouts import LAYOUTS
from onoma.errors import ConfigError, CorpusError
from onoma.io.files import replacing
from onoma.io.json_text import formatted, parsed
from onoma.io.lines import numbered_lines, whole_text
from onoma.text import Document

_RASA_KEY = "rasa_nlu_data"
_LIST_KEYS = (
    *("annotations", "data", "examples", "records", "documents", "tasks", "items", "rows"),
    *("common_examples", "utterances"),
)
_RECORD_KEYS = frozenset(["text", "tokens", "tokenized_text", "words", "sentences", "fields", "text_snippet"])


class JsonlReader(RecordReader):
    """Reader of one file of JSON records."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(path, options)
        if options.tag_column is not None:
            self._label_key = str(options.tag_column)
            self._tag_keys = (self._label_key, *(TAG_KEYS if options.labelled == "spans" else ()))

    def records(self) -> Iterator[tuple[int, object]]:
        """Yield the records with their lines.

        The records of a single JSON value are numbered instead, because their lines are not known.
        """
        lines = numbered_lines(self.path, encoding=self.options.encoding)
        non_blank = ((number, line) for number, line in lines if line.strip())
        first = next(non_blank, None)
        if first is None:
            return
        if not _is_record(first[1]):
            yield from enumerate(self._read_single_value(), start=1)
            return
        second = next(non_blank, None)
        # A single line may be an object that contains a list of records; several lines are the records themselves.
        yield from ((first[0], record) for record in _unwrap_records(parsed(first[1]), is_whole=second is None))
        for number, line in non_blank if second is None else chain([second], non_blank):
            value = self._parse_json(line, number, expected="one JSON object a line")
            yield from ((number, record) for record in _unwrap_records(value, is_whole=False))

    def _read_single_value(self) -> list[object]:
        text = whole_text(self.path, encoding=self.options.encoding)
        value = self._parse_json(text, 1, expected="one JSON object a line, or a JSON list")
        return _unwrap_records(value, is_whole=True)

    def _parse_json(self, text: str, line: int, *, expected: str) -> object:
        """Parse a text that begins at a given line as JSON."""
        try:
            return parsed(text)
        except json.JSONDecodeError as error:
            message = f"column {error.colno} is not JSON: {error.msg}; expected {expected}"
            raise CorpusError(message, path=self.path, line=line + error.lineno - 1) from None


def _unwrap_records(value: object, *, is_whole: bool) -> list[object]:
    """Return the records in a JSON value: the items of a list, or of a list inside an object, or the value itself.

    Args:
        value: the JSON value.
        is_whole: whether it is the whole file, so that an object may be a data frame or contain a list of records. A
            list of spans is not one.
    """
    if is_whole and isinstance(value, dict) and isinstance(value.get(_RASA_KEY), dict):
        value = value[_RASA_KEY]
    if is_whole and (rows := records_of_frame(value)) is not None:
        value = rows
    if is_whole and isinstance(value, dict) and _RECORD_KEYS.isdisjoint(value) and not is_task(value):
        lists = (value[key] for key in _LIST_KEYS if isinstance(value.get(key), list))
        value = next((items for items in lists if not any(map(looks_like_span, items))), value)
    value = sentences_of(value) or value
    return list(map(record_of, value)) if isinstance(value, list) and not is_pair(value) else [record_of(value)]


def record_of(value: object) -> object:
    """Return a JSON value as a record in a layout that :class:`RecordReader` reads, if it is one of another tool."""
    is_row = isinstance(value, dict) and isinstance(value.get("row"), dict) and _RECORD_KEYS.isdisjoint(value)
    return with_tokens(with_entities(value["row"] if is_row and isinstance(value, dict) else value))


def write_jsonl(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write one record per line; if the path ends in ``.json``, as the items of a JSON list.

    Raises:
        ConfigError: the layout is unknown.
        CorpusError: the file cannot be written.
    """
    if options.layout not in LAYOUTS:
        raise ConfigError(f"unknown JSON layout {options.layout!r}; choose one of {', '.join(LAYOUTS)}")
    layout = LAYOUTS[options.layout]
    is_list = path.suffix.lower() == ".json"
    with replacing(path) as target:
        separator, end = ("[\n", "") if is_list else ("", "\n")
        for document in documents:
            tally.begin(document)
            usable = _remove_empty_entities(document, tally)
            tally.lose_beyond(usable, holds=layout.holds)
            target.write(separator + formatted(layout.record(usable)) + end)
            separator = ",\n" if is_list else ""
            for entity in usable.entities:
                tally.wrote(entity.label)
        if is_list:
            target.write("\n]\n" if tally.documents else "[]\n")


def _remove_empty_entities(document: Document, tally: WriteTally) -> Document:
    usable = [entity for entity in document.entities if entity.start < entity.end and entity.label]
    for entity in document.entities:
        if entity.start == entity.end or not entity.label:
            tally.lose("the entity covers no text or has no label", f"[{entity.start}, {entity.end}) {entity.label}")
    return document.with_entities(usable)


def _is_record(line: str) -> bool:
    try:
        value = parsed(line)
    except json.JSONDecodeError:
        return False
    return value is None or isinstance(value, dict) or is_pair(value)
