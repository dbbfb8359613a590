"""Detection of the column layout of a file from its first lines.

The first line may name the columns. Numbers that count the words of a sentence are not the word column, and a column
that only says whether a space follows is not the tag column. The tag column is the last one, unless only another one
contains tags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from onoma.corpora.columns import ColumnLayout, column_index, split_columns, unread_columns
from onoma.corpora.options import ReadOptions
from onoma.corpora.spelling import is_number, looks_prefixed, looks_tagged
from onoma.schemes import OUTSIDE

WORD_NAMES = ("FORM", "WORD", "WORDS", "TOKEN", "TOKENS")
TEXT_NAME = "TEXT"
"""Name of a column of texts, or of words if the rows hold one word each."""

TAG_NAMES = ("TAG", "TAGS", "NER", "NER_TAG", "NER_TAGS", "LABEL", "LABELS", "ENTITY", "NE", "BIO", "IOB")
_COLUMN_NAMES_COMMENT = re.compile(r"#\s*global\.columns\s*=\s?(.*)")
_SPACING_SIGNS = frozenset("+-")


def detect_columns(lines: Sequence[str], options: ReadOptions, *, path: Path) -> ColumnLayout:
    """Detect the layout of a column file.

    Args:
        lines: the first lines of the file, without blank lines and document marks.
        options: reading options, which may specify columns.
        path: the file, for messages.

    Raises:
        ConfigError, CorpusError: a column specified by the options does not exist.
    """
    data_lines = [line for line in lines if not line.startswith("#")] or list(lines)
    tabs = 2 * sum("\t" in line for line in data_lines) > len(data_lines)
    rows = [split_columns(line, tabs=tabs) for line in data_lines]
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 2
    names = options.columns or next(
        (tuple(match[1].split()) for match in map(_COLUMN_NAMES_COMMENT.fullmatch, lines) if match), ()
    )
    header = None
    if not names and rows and len(rows[0]) == width and names_columns(rows[0], rows[1:]):
        header, names = data_lines[0], tuple(rows[0])
        data_lines, rows = data_lines[1:], rows[1:]
    table = [fields for fields in rows if len(fields) == width]
    index = 0 if names or options.word_column is not None else _count_index_columns(table, width=width)
    spacing = _find_spacing_column(table, width=width)
    word_column = options.word_column
    if word_column is None:
        word_column = _find_name(names, (*WORD_NAMES, TEXT_NAME)) or index + 1
    tag_column = options.tag_column if options.tag_column is not None else _find_name(names, TAG_NAMES)
    if tag_column is None:
        tag_column = _find_tag_column(table, range(index + 1, width), excluded=spacing)
    unlabelled = width == 1 and options.tag_column is None
    tag_position = None if unlabelled else column_index(tag_column, names, width=width, path=path)
    seen_tags: set[str] = set()
    if tag_position is not None:
        seen_tags.update(
            fields[tag_position].strip(" ")
            for line, fields in zip(data_lines, rows, strict=True)
            if len(fields) == width and not line.startswith("#")
        )
    word_position = column_index(word_column, names, width=width, path=path)
    unread = unread_columns(names, width=width, read=(*range(index), word_position, tag_position, spacing))
    return ColumnLayout(
        tabs=tabs,
        width=width,
        word=word_position,
        tag=tag_position,
        tags=frozenset(seen_tags),
        chosen=options.word_column is not None or options.tag_column is not None,
        header=header,
        spacing=spacing,
        index=index,
        unread=tuple(name for _, name in unread),
    )


def names_columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bool:
    """Return whether the first row names a word column and a tag column.

    Args:
        header: the first row.
        rows: rows after it, which tell whether a column called `text` holds words.
    """
    names = [cell.strip().upper() for cell in header]
    tag = next((names.index(name) for name in TAG_NAMES if name in names), None)
    if tag is None or not set(names).isdisjoint(WORD_NAMES):
        return tag is not None
    return TEXT_NAME in names and hold_words(rows, word=names.index(TEXT_NAME), tag=tag)


def hold_words(rows: Iterable[Sequence[str]], *, word: int, tag: int) -> bool:
    """Return whether rows hold one word and its tag each, some of them outside entities."""
    cells = [(row[word].strip(), row[tag].strip()) for row in rows if len(row) > max(word, tag)]
    tags = {tag for _, tag in cells}
    return OUTSIDE in tags and all(map(looks_tagged, tags)) and not any(len(word.split()) > 1 for word, _ in cells)


def _find_name(names: tuple[str, ...], candidates: Sequence[str]) -> str | None:
    return next((name for candidate in candidates for name in names if name.strip().upper() == candidate), None)


def _count_index_columns(table: Sequence[Sequence[str]], *, width: int) -> int:
    """Return the number of numeric columns before the word: 0 unless one of them counts words."""
    count = 0
    while count < width - 2 and table and all(is_number(row[count]) for row in table):
        count += 1
    consecutive = (_is_consecutive([int(row[column]) for row in table]) for column in range(count))
    return count if any(consecutive) else 0


def _is_consecutive(numbers: Sequence[int]) -> bool:
    """Return whether numbers increase by one, starting from 0 or 1 and restarting there."""
    first = numbers[0]
    return first in (0, 1) and all(after in (before + 1, first) for before, after in pairwise(numbers))


def _find_spacing_column(table: Sequence[Sequence[str]], *, width: int) -> int | None:
    """Return the column of spacing signs: ``+`` if a space follows the word and ``-`` if not."""
    for column in range(2, width):
        cells = {row[column] for row in table}
        if "+" in cells and cells <= _SPACING_SIGNS:
            return column
    return None


def _find_tag_column(table: Sequence[Sequence[str]], columns: Iterable[int], *, excluded: int | None) -> int:
    """Return the number of the tag column: the last one, unless only another one contains tags."""
    candidates = [column for column in columns if column != excluded]
    if not candidates or not table:
        return -1
    last = candidates[-1]
    for column in reversed(candidates):
        cells = [row[column].strip(" ") for row in table]
        tagged = sum(map(looks_tagged, cells))
        if column == last and OUTSIDE in cells:
            break
        if 50 * tagged >= 49 * len(cells) and any(map(looks_prefixed, cells)):
            return column + 1
    return last + 1 if excluded is not None else -1
