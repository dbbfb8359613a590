"""Detection of annotated files among files given as unlabelled text, by their names and first lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from onoma.corpora import HEAD_LINES, sniff_lines
from onoma.io.json_text import parsed
from onoma.io.lines import numbered_lines
from onoma.io.suffixes import FORMATS

_CERTAIN_FORMATS = {"jsonl": "jsonl", "json": "jsonl", "germeval": "germeval", "spacy": "spacy"}
"""Formats that are certain from the suffix alone, with the names of the formats to read them in."""

_MIN_ROWS = 5


def format_by_name(path: Path) -> str | None:
    """Return the annotated format that is certain from a file's name; None if its content must be inspected."""
    if path.suffix.lower() == ".txt" and path.with_suffix(".ann").is_file():
        return "brat"
    return _CERTAIN_FORMATS.get(FORMATS.get(path.suffix.lower(), ""))


def format_by_content(path: Path, head: Sequence[str]) -> str | None:
    """Return the annotated format that is certain from a file's first lines; None if there is none."""
    lines = [line for line in head[:HEAD_LINES] if line.strip()]
    detected = sniff_lines(lines)
    if detected == "jsonl":
        return detected if all(map(_is_json_object, lines)) else None
    if detected == "conll" and not _has_column_suffix(path):
        return detected if _are_rows(lines) else None
    return None if detected == "text" else detected


def _has_column_suffix(path: Path) -> bool:
    """Return whether only files of words and tags have this suffix; ``.tsv`` files may be tables of anything."""
    suffix = path.suffix.lower()
    return suffix != ".tsv" and FORMATS.get(suffix) in {"conll", "conllu"}


def _is_json_object(line: str) -> bool:
    try:
        return isinstance(parsed(line), dict)
    except ValueError:
        return False


def _are_rows(lines: Sequence[str]) -> bool:
    """Return whether nearly all lines have the same number of columns, at least two, which is not the case in prose."""
    widths = Counter(len(line.split()) for line in lines if not line.startswith(("#", "-DOCSTART-")))
    ((width, count),) = widths.most_common(1) or [(0, 0)]
    return width > 1 and count >= _MIN_ROWS and count >= 0.9 * widths.total()


def has_place_digits(path: Path, *, encoding: str) -> bool:
    """Return whether every word is a character followed by its position in a segmented word, as in Weibo NER."""
    lines = (line for _, line in islice(numbered_lines(path, encoding=encoding), HEAD_LINES))
    words = [line.split()[0] for line in lines if line.strip()]
    return len(words) >= _MIN_ROWS and all(len(word) == 2 and word[1].isdecimal() for word in words)
