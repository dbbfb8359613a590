"""Reader of delimited tables (CSV, TSV): words with tags, texts with spans or tags, or texts alone.

The first line names the columns. A table of words has a column that identifies the sentences (Kaggle's ``Sentence #``,
or ``sentence_id``), which is filled on each line or only on the first of a sentence, and perhaps one that identifies
the documents, in each of which the numbers of the sentences may begin again. Spans are JSON in one cell, as in Label
Studio's CSV; the tags of a whole text are in one cell, separated by spaces or as a list. Cells may be quoted; in a
table of words, they may also contain quotation marks that are not doubled.

Source: https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, dropwhile, islice

from onoma.corpora.column_detection import TAG_NAMES, TEXT_NAME, WORD_NAMES, hold_words, names_columns
from onoma.corpora.columns import column_index
from onoma.corpora.layouts import LABEL_KEYS, SPAN_KEYS
from onoma.corpora.records import RecordReader
from onoma.corpora.spelling import is_tag, looks_tagged
from onoma.corpora.unknown_annotation import hold_spans
from onoma.errors import CorpusError
from onoma.io.cells import names_separator, read_rows
from onoma.io.json_text import parsed
from onoma.io.lines import numbered_lines
from onoma.schemes import OUTSIDE

_DELIMITERS = ",;\t|"
_TEXT_NAMES = (TEXT_NAME, "SENTENCE", "CONTENT", "DOCUMENT", "WORDS", "TOKENS")
_SENTENCE_NAMES = (
    *("SENTENCE #", "SENTENCE#", "SENTENCE_ID", "SENTENCE ID", "SENTENCEID", "SENTENCE", "SENTENCE_IDX"),
    *("SENTENCE_NUMBER", "SENTENCE NUMBER", "SENTENCE_NO", "SENTENCE_NUM", "SENTENCE_INDEX"),
    *("SENT_ID", "SENT_NO", "SENT_NUM", "SENT_IDX", "SENT"),
)
_DOCUMENT_NAMES = ("DOC_ID", "DOCUMENT_ID", "DOCUMENT ID", "DOCID", "DOC", "DOCUMENT", "FILE", "FILENAME", "FILE_NAME")
_HEAD_ROWS = 200
_NUMPY_ITEM = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[0-9]+"""
_NUMPY_ARRAY = re.compile(rf"\[\s*(?:{_NUMPY_ITEM})(?:\s+(?:{_NUMPY_ITEM}))*\s*\]")


def is_table(lines: Sequence[str]) -> bool:
    """Return whether the first line names the columns of a table of texts or of words.

    A tab-separated table of words must have a column of sentences, since others are column files. Most rows must have
    as many cells. A line without rows must hold nothing but names.
    """
    lines = lines[1:] if names_separator(lines[0]) else lines
    delimiter = delimiter_of(lines[0]) if lines else ","
    cells = _split_cells(lines[0], delimiter) if lines else []
    names = {cell.strip().upper() for cell in cells}
    if len(cells) < 2 or len(names) < len(cells) or not all(map(_is_name, cells)):
        return False
    if not _fits_rows(cells, lines, delimiter):
        return False
    if names_columns(cells, (_split_cells(line, delimiter) for line in lines[1:])):
        return delimiter != "\t" or not names.isdisjoint(_SENTENCE_NAMES)
    return TEXT_NAME in names


def _is_name(cell: str) -> bool:
    """Return whether a cell could name a column: it has few words and does not end a sentence."""
    return len(cell.split()) <= 4 and not cell.rstrip().endswith((".", "!", "?"))


def _fits_rows(names: Sequence[str], lines: Sequence[str], delimiter: str) -> bool:
    if len(lines) == 1:
        return all(name.strip().isidentifier() for name in names)
    rows = csv.reader((line + "\n" for line in lines[1:]), delimiter=delimiter)
    try:
        widths = [len(cells) for cells in rows]
    except csv.Error:  # a line contains a carriage return
        return False
    single = [len(line.split(delimiter)) for line in lines[1:]]
    return any(2 * found.count(len(names)) > len(found) for found in (widths, single))


def _split_cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line; empty if it cannot be a row."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # the line contains a carriage return
        return []


def delimiter_of(line: str, *, column: str = "text") -> str:
    """Detect the delimiter of a header line.

    Args:
        line: the line with the names of the columns.
        column: name of a column that is expected, in addition to the usual names.
    """
    known = {
        column.upper(),
        *_TEXT_NAMES,
        *_SENTENCE_NAMES,
        *WORD_NAMES,
        *TAG_NAMES,
        *(key.upper() for key in SPAN_KEYS),
        "ID",
    }

    def count_names(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip().strip('"').upper() for cell in line.split(delimiter)]
        return sum(cell in known for cell in cells), len(cells)

    return max(_DELIMITERS, key=count_names)


class TableReader(RecordReader):
    """Reader of one table."""

    @cached_property
    def _column_names(self) -> tuple[str, ...]:
        first = next(self._iter_rows(), (0, []))[1]
        if not first:
            raise CorpusError("has no documents: it contains only white space", path=self.path)
        if any(map(is_tag, first)):
            message = f"the first line is {', '.join(first)}; expected the names of the columns, as in word,tag"
            raise CorpusError(message, path=self.path, line=1)
        return tuple(" ".join(cell.split()) for cell in first)

    @cached_property
    def _tag_position(self) -> int | None:
        """Position of the column of tags or spans; None if there is none."""
        if self.options.tag_column is not None:
            return self._column_position(self.options.tag_column)
        return self._find_column((*TAG_NAMES, "WORD_LABELS", *(key.upper() for key in SPAN_KEYS)))

    def _find_column(self, candidates: Sequence[str]) -> int | None:
        upper_names = [name.upper() for name in self._column_names]
        return next((upper_names.index(name) for name in candidates if name in upper_names), None)

    def _column_position(self, column: int | str) -> int:
        return column_index(column, self._column_names, width=len(self._column_names), path=self.path)

    def records(self) -> Iterator[tuple[int, object]]:
        word = self.options.word_column
        if self.options.labelled == "sentences":
            yield from self._iter_labelled_texts(word)
            return
        words, tags = self._word_position(word), self._tag_position
        if words is not None and tags is not None and self._has_word_rows(words, tags):
            yield from self._iter_sentences(words, tags)
            return
        text = self._text_position(word)
        for line, cells in self._iter_body():
            yield line, self._build_record(cells, text, line)

    def _word_position(self, column: int | str | None) -> int | None:
        """Return the position of the column that may hold one word in each row; None if there is none."""
        if column is not None:
            return self._column_position(column)
        words, text = self._find_column(WORD_NAMES), self._find_column((TEXT_NAME,))
        if words is not None or text is None or self._tag_position is None:
            return words
        rows = (cells for _, cells in islice(self._iter_word_rows(), _HEAD_ROWS) if any(cells))
        return text if hold_words(rows, word=text, tag=self._tag_position) else None

    def _text_position(self, column: int | str | None) -> int:
        """Return the position of the column of texts."""
        text = self._find_column(_TEXT_NAMES) if column is None else self._column_position(column)
        if text is None:
            known = ", ".join(self._column_names)
            message = f"no column is called text or word; the columns are {known}; choose one with --word-column"
            raise CorpusError(message, path=self.path, line=1)
        return text

    def _iter_labelled_texts(self, column: int | str | None) -> Iterator[tuple[int, object]]:
        """Yield records of texts with one label each."""
        text, tag_column = self._text_position(column), self.options.tag_column
        label = (
            self._find_column([key.upper() for key in LABEL_KEYS])
            if tag_column is None
            else self._column_position(tag_column)
        )
        if label is None:
            known = ", ".join(self._column_names)
            message = f"no column is called label; the columns are {known}; choose one with --tag-column"
            raise CorpusError(message, path=self.path, line=1)
        id_column = self._find_column(("ID",))
        for line, cells in self._iter_body():
            name = "" if id_column is None else cells[id_column]
            record = {"id": name, "text": cells[text], "label": cells[label].strip()}
            yield line, record | self._unread_cells(cells, read=(id_column, text, label))

    def _has_word_rows(self, words: int, tags: int) -> bool:
        """Return whether each line is a word: no cell of words is a list, and no cell of tags holds several."""
        head = [cells for _, cells in islice(self._iter_word_rows(), _HEAD_ROWS) if any(cells)]
        rows = [cells for cells in head if len(cells) == len(self._column_names)]
        are_words = not any(cells[words].lstrip('"').startswith("[") or len(cells[tags].split()) > 1 for cells in rows)
        return are_words and 2 * len(rows) >= len(head)

    def _iter_sentences(self, words: int, tags: int) -> Iterator[tuple[int, object]]:
        """Yield records of tokens and tags, one for each sentence."""
        found_columns = (self._find_column(_DOCUMENT_NAMES), self._find_column(_SENTENCE_NAMES))
        columns = [column for column in found_columns if column not in (None, words, tags)]
        names, line = [""] * len(columns), 0
        tokens: list[str] = []
        labels: list[str] = []
        unread: dict[str, object] = {}
        for number, cells in self._iter_word_rows():
            is_blank = not any(cells)
            if not is_blank:
                self._check_width(cells, number)
            new_names = [""] * len(columns) if is_blank else [_filled(cells[column]) for column in columns]
            if tokens and (is_blank or any(new and new != old for new, old in zip(new_names, names, strict=True))):
                yield line, {"tokens": tokens, "ner_tags": labels} | unread
                tokens, labels, unread = [], [], {}
            if not is_blank:
                line = line if tokens else number
                names = [new or old for new, old in zip(new_names, names, strict=True)]
                tokens.append(cells[words].strip(" ") or cells[words])
                labels.append(cells[tags].strip() or OUTSIDE)
                unread |= self._unread_cells(cells, read=(words, tags, *columns))
        if tokens:
            yield line, {"tokens": tokens, "ner_tags": labels} | unread

    def _build_record(self, cells: Sequence[str], text: int, line: int) -> Mapping[str, object]:
        """Return the record of a row that holds a text."""
        id_column = self._find_column(("ID",))
        record: dict[str, object] = {"id": "" if id_column is None else cells[id_column]}
        meta_column = self._find_column(("META",))
        if meta_column is not None and isinstance(meta := _parse_cell(cells[meta_column]), dict):
            record["meta"] = meta
        further = self._further_spans(cells, line)
        others = (self._column_names.index(name) for name in further)
        record |= self._unread_cells(cells, read=(id_column, text, self._tag_position, meta_column, *others))
        cell = "" if self._tag_position is None else cells[self._tag_position].strip()
        words = _parse_cell(cells[text])
        annotation = _parse_cell(cell)
        if annotation is None and cell:
            parts = cell.split()
            annotation = (
                list[object](parts)
                if len(parts) == len(cells[text].split()) and all(map(looks_tagged, parts))
                else None
            )
            if annotation is None and not self.options.texts_only:
                name = self._column_names[self._tag_position or 0]
                message = f"{name!r} holds {cell[:60]!r}; expected JSON spans, or a tag for each word"
                raise CorpusError(message, path=self.path, line=line)
        if isinstance(annotation, list) and annotation and all(isinstance(each, str | int) for each in annotation):
            return {
                **record,
                "tokens": words if isinstance(words, list) else cells[text].split(),
                "ner_tags": annotation,
            }
        record["text"] = cells[text]
        if self._tag_position is not None:
            record["label"] = annotation if cell else None
        return record | further

    def _further_spans(self, cells: Sequence[str], line: int) -> dict[str, object]:
        """Return the spans in columns of other names; they are refused if there is no column of a known name."""
        found: dict[str, object] = {}
        for position, name in enumerate(self._column_names):
            if position != self._tag_position and hold_spans(spans := _parse_cell(cells[position])):
                found[name] = spans
        if found and self._tag_position is None and not self.options.texts_only:
            name = next(iter(found))
            message = f"the column {name!r} seems to hold spans and is unknown; name it with --tag-column {name}"
            raise CorpusError(message, path=self.path, line=line)
        return found

    def _unread_cells(self, cells: Sequence[str], *, read: Collection[int | None]) -> dict[str, object]:
        """Return the filled cells of the other columns under keys that no layout of a record has."""
        names = self._column_names
        return {
            f"column {names[index]}": cell for index, cell in enumerate(cells) if index not in read and _filled(cell)
        }

    def _iter_body(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows after the header that have a filled cell."""
        rows = self._iter_rows()
        next(rows, None)
        for number, cells in rows:
            if any(cells):
                self._check_width(cells, number)
                yield number, cells

    def _check_width(self, cells: Sequence[str], line: int) -> None:
        width = len(self._column_names)
        if len(cells) != width:
            message = f"{len(cells)} cells; expected {width}, as the first line has"
            raise CorpusError(message, path=self.path, line=line)

    def _iter_rows(self) -> Iterator[tuple[int, list[str]]]:
        lines = self._iter_lines(keep_ends=True)  # a quoted cell may contain some
        number, header = next(lines, (1, ""))
        reader = read_rows(chain([header], (line for _, line in lines)), delimiter=delimiter_of(header.strip()))
        try:
            for cells in reader:
                yield number - 1 + reader.line_num, cells
        except csv.Error as error:
            message = f"is not a table: {error}; quotation marks inside a quoted cell are doubled"
            raise CorpusError(message, path=self.path, line=number - 1 + reader.line_num) from None

    def _iter_lines(self, *, keep_ends: bool = False) -> Iterator[tuple[int, str]]:
        """Yield the lines from the header on, with their numbers."""
        lines = numbered_lines(self.path, encoding=self.options.encoding, keep_ends=keep_ends)
        return dropwhile(lambda numbered: numbered[0] == 1 and names_separator(numbered[1]), lines)

    def _iter_word_rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows after the header, each of one line, as in a table of words."""
        lines = self._iter_lines()
        delimiter = delimiter_of(next(lines, (0, ""))[1].strip())
        for number, line in lines:
            yield number, _split_word_row(line, delimiter, width=len(self._column_names))


def _filled(cell: str) -> str:
    """Return what a cell holds; nothing if it is empty, also as pandas writes it."""
    text = cell.strip()
    return "" if text.lower() == "nan" else text


def _split_word_row(line: str, delimiter: str, *, width: int) -> list[str]:
    """Return the cells of a line; a quotation mark that opens no quoted cell is part of a word."""
    cells = line.split(delimiter)
    if '"' not in line:
        return cells
    try:
        quoted = next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        return cells
    return cells if len(cells) == width != len(quoted) else quoted


def _parse_cell(cell: str) -> list[object] | dict[str, object] | None:
    """Return the list or object that a cell holds in the notation of JSON, Python or numpy; None if there is none.

    Tuples are read as lists.
    """
    if not cell.startswith(("[", "{")):
        return None
    try:
        value = parsed(cell)
    except json.JSONDecodeError:
        try:
            if _NUMPY_ARRAY.fullmatch(cell):  # Python would join the strings, as no commas separate them
                return [ast.literal_eval(item) for item in re.findall(_NUMPY_ITEM, cell)]
            value = _tuples_to_lists(ast.literal_eval(cell))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return value if isinstance(value, list | dict) else None


def _tuples_to_lists(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_tuples_to_lists(item) for item in value]
    return {key: _tuples_to_lists(item) for key, item in value.items()} if isinstance(value, dict) else value
