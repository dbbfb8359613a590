"""Detection of the format of a path, from its suffix if that is unambiguous, otherwise from its first lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from onoma.corpora.column_detection import names_columns
from onoma.corpora.columns import split_columns
from onoma.corpora.conll2012 import is_conll2012
from onoma.corpora.hipe import is_hipe
from onoma.corpora.pubtator import is_pubtator
from onoma.corpora.spelling import are_tags, is_tag, looks_tagged
from onoma.corpora.tables import is_table
from onoma.corpora.wikiner import is_wikiner
from onoma.errors import CorpusError
from onoma.io.json_text import parsed
from onoma.io.lines import numbered_lines
from onoma.io.suffixes import FORMATS
from onoma.schemes import OUTSIDE

_FORMAT_BY_SUFFIX = {
    suffix: "jsonl" if format == "json" else format
    for suffix, format in FORMATS.items()
    if format not in ("text", "csv", "parquet", "html")
} | {".csv": "table"}
_UNAMBIGUOUS = frozenset(["jsonl", "brat", "germeval", "spacy"])
_READ_ONLY = frozenset(["table", "pubtator", "spacy"])
_SPREADSHEET = "is a spreadsheet; save it as CSV"
_UNREADABLE_SUFFIXES = {
    ".parquet": "is Parquet, from which annotation is not read; convert it to JSON Lines, as with "
    "pandas.read_parquet(FILE).to_json(FILE, orient='records', lines=True)",
    ".xlsx": _SPREADSHEET,
    ".xls": _SPREADSHEET,
    ".ods": _SPREADSHEET,
}
HEAD_LINES = 400
"""Number of lines of a file that are used to detect its format."""

_OTHER_SEPARATORS = {
    "\u00a0": "no-break spaces",
    "\u3000": "ideographic spaces",
    ",": "commas",
    ";": "semicolons",
    "|": "vertical bars",
}
_NEARLY_ALL = 0.9

_DISTINCT_FORMATS: Mapping[str, Callable[[list[str]], bool]] = {
    "jsonl": lambda lines: _is_record(lines[0]),
    "webanno": lambda lines: lines[0].startswith("#FORMAT=WebAnno TSV 3"),
    "conll2012": is_conll2012,
    "pubtator": lambda lines: is_pubtator(lines[0]),
    "hipe": is_hipe,
    "wikiner": is_wikiner,
}
"""Formats that the first non-blank lines tell without a look at their columns, and how."""

_LABEL = re.compile(r"[^\W\d_]\S*")
_WORD_NUMBER = re.compile(r"\d+([-.]\d+)?")


def detect_format(path: str | Path, *, encoding: str = "utf-8") -> str:
    """Return the name of the format of a file or folder.

    Raises:
        CorpusError: the path is missing, empty or not text in this encoding, is a folder without ``.ann`` files, is a
            spreadsheet or Parquet, or has lines that end in a carriage return alone.
    """
    path = Path(path)
    if path.is_dir():
        if any(path.rglob("*.ann")):
            return "brat"
        raise CorpusError("is a folder without .ann files; name a file, or format='brat' for texts alone", path=path)
    if path.is_file() and path.suffix.lower() in _UNREADABLE_SUFFIXES:
        raise CorpusError(_UNREADABLE_SUFFIXES[path.suffix.lower()], path=path)
    suffix_format = _FORMAT_BY_SUFFIX.get(path.suffix.lower())
    if suffix_format in _UNAMBIGUOUS:
        return str(suffix_format)
    if path.suffix.lower() == ".txt" and path.with_suffix(".ann").is_file():
        return "brat"
    lines = [line for _, line in islice(numbered_lines(path, encoding=encoding), HEAD_LINES)]
    content_format = sniff_lines(lines)
    if content_format is None:
        raise CorpusError("has no documents: it contains only white space", path=path)
    format = suffix_format if content_format == "text" and suffix_format else content_format
    if content_format == "text" and format == "conll" and _hold_texts(lines):
        return "table"
    if content_format == "text" and format == "conll" and (separator := _find_other_separator(lines)):
        raise CorpusError(f"has columns that are separated by {separator}; expected tabs or spaces", path=path)
    if format not in ("text", "jsonl") and len(lines) == 1 and "\r" in lines[0]:
        raise CorpusError("has lines that end in a carriage return alone; end them with a line feed", path=path)
    return format


def sniff_lines(lines: Sequence[str]) -> str | None:
    """Return the name of the format of a file with these first lines; None if there is only whitespace."""
    non_blank = [line for line in lines if line.strip(" \t")]
    return (_sniff_content(non_blank) or "text") if non_blank else None


def format_to_write(path: Path) -> str:
    """Return the name of the format that the suffix of a target stands for.

    Raises:
        CorpusError: the suffix stands for no format that can be written.
    """
    if path.is_dir():
        return "brat"
    suffix_format = _FORMAT_BY_SUFFIX.get(path.suffix.lower())
    if suffix_format is None or suffix_format in _READ_ONLY:
        suffixes = ", ".join(suffix for suffix, name in _FORMAT_BY_SUFFIX.items() if name not in _READ_ONLY)
        raise CorpusError(
            f"the suffix {path.suffix!r} tells no format; use one of {suffixes}, or name the format", path=path
        )
    return suffix_format


def _sniff_content(lines: list[str]) -> str | None:
    """Return the format that the non-blank lines look like; None if they look like none."""
    for format, matches in _DISTINCT_FORMATS.items():
        if matches(lines):
            return format
    word_lines = [line for line in lines if not line.startswith(("#", "-DOCSTART-"))]
    if not word_lines:
        return None
    if is_table(word_lines):
        return "table"
    rows = [split_columns(line, tabs="\t" in line) for line in word_lines]
    if not _form_columns(rows, lines):
        return None
    if names_columns(rows[0], rows[1:]):
        return "conll"
    tab_rows = [line.split("\t") for line in word_lines]
    widths = Counter(map(len, tab_rows))
    is_numbered = all(_WORD_NUMBER.fullmatch(fields[0]) for fields in tab_rows)
    if is_numbered and set(widths) == {4} and all(is_tag(tag) for fields in tab_rows for tag in fields[2:]):
        return "germeval"
    if is_numbered and set(widths) == {10} and not _contains_tags({fields[-1] for fields in tab_rows}):
        return "conllu"
    if is_numbered and set(widths) == {5} and all(map(_is_uner, tab_rows)):
        return "conllu"
    last_cells = [fields[-1].strip(" ") for fields in rows if len(fields) > 1]
    if not _have_marks(lines) and OUTSIDE not in chain.from_iterable(rows):
        return None  # words that look like tags, as in prose: U.S., e-mailed, room B-12
    is_tagged = 2 * sum(map(is_tag, last_cells)) > len(rows) or _is_tagged(rows) or _is_labelled(tab_rows)
    return "conll" if is_tagged else None


def _hold_texts(lines: Sequence[str]) -> bool:
    """Return whether most lines have several cells, one of them with several words: a table of texts, not of words."""
    non_blank = [line for line in lines if line.strip()]
    text_lines = [line for line in non_blank if "\t" in line and any(cell.count(" ") > 1 for cell in line.split("\t"))]
    return 2 * len(text_lines) > len(non_blank)


def _find_other_separator(lines: Sequence[str]) -> str | None:
    """Return the name of a separator of columns that is not read, after which nearly all lines have a tag, or None."""
    non_blank = [line for line in lines if line.strip()]
    for separator, name in _OTHER_SEPARATORS.items():
        tags = [tag for tag in (line.rpartition(separator)[2].strip() for line in non_blank) if is_tag(tag)]
        is_separated = sum(separator in line for line in non_blank) > _NEARLY_ALL * len(non_blank)
        if is_separated and len(tags) > _NEARLY_ALL * len(non_blank) and set(tags) != {OUTSIDE}:
            return name
    return None


def _form_columns(rows: list[list[str]], lines: list[str]) -> bool:
    """Return whether most rows have the same number of columns.

    A single line is a row of columns only with tabs or a document mark: any line of prose has words between spaces.
    """
    [(width, count)] = Counter(map(len, rows)).most_common(1)
    return width > 1 and 2 * count > len(rows) and (_have_marks(lines) or len(rows) > 1)


def _have_marks(lines: Sequence[str]) -> bool:
    """Return whether a line has tabs or begins a document, which prose does not have."""
    return any("\t" in line or line.startswith("-DOCSTART-") for line in lines)


def _contains_tags(cells: set[str]) -> bool:
    """Return whether the cells of a last column are tags, and not key-value pairs as in CoNLL-U."""
    return are_tags(cells) and not any("=" in cell for cell in cells)


def _is_uner(fields: list[str]) -> bool:
    """Return whether the third of five columns could be a UNER tag and the last is not a tag other than ``O``."""
    return looks_tagged(fields[2]) and not (is_tag(fields[4]) and fields[4] != "O")


def _is_tagged(rows: list[list[str]]) -> bool:
    """Return whether one column after the first contains only tags, in any spelling.

    All lines must have the same number of columns.
    """
    widths = set(map(len, rows))
    return len(widths) == 1 and any(are_tags({row[column] for row in rows}) for column in range(1, *widths))


def _is_labelled(rows: list[list[str]]) -> bool:
    """Return whether all rows have a word, and at the end ``O`` or a label without the prefix of a scheme."""
    if len(set(map(len, rows))) != 1 or len(rows[0]) < 2:
        return False
    labels = {fields[-1].strip(" ") for fields in rows}
    words = [fields[0] for fields in rows]
    return OUTSIDE in labels and all(map(_LABEL.fullmatch, labels)) and not any(" " in word for word in words)


def _is_record(line: str) -> bool:
    """Return whether a line is or begins a JSON object, or a list of objects or lists."""
    if line.strip() in ("{", "["):
        return True
    if line.lstrip()[:1] not in ("{", "["):
        return False
    try:
        value = parsed(line)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(each, dict | list) for each in value))
