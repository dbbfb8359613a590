"""Whether a file that is given as unlabelled text is annotated, by its name and its first lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from onoma.corpora import HEAD_LINES, sniff_lines
from onoma.io.json_text import parsed
from onoma.io.lines import numbered_lines
from onoma.io.suffixes import FORMATS

_SURE = {"jsonl": "jsonl", "json": "jsonl", "germeval": "germeval", "spacy": "spacy"}
"""Formats that a suffix is enough for, and the names that they are read by."""

_FEWEST_ROWS = 5


def format_by_name(path: Path) -> str | None:
    """The annotated format that a file's name is enough for; None where its content has to be looked at."""
    if path.suffix.lower() == ".txt" and path.with_suffix(".ann").is_file():
        return "brat"
    return _SURE.get(FORMATS.get(path.suffix.lower(), ""))


def format_by_content(path: Path, head: Sequence[str]) -> str | None:
    """The annotated format that a file has for certain by its first lines; None for any other."""
    lines = [line for line in head[:HEAD_LINES] if line.strip()]
    found = sniff_lines(lines)
    if found == "jsonl":
        return found if all(map(_is_object, lines)) else None
    if found == "conll" and not _is_named_for_columns(path):
        return found if _are_rows(lines) else None
    return None if found == "text" else found


def _is_named_for_columns(path: Path) -> bool:
    """Whether a file is named as only files of words and tags are; a table may be one of anything."""
    suffix = path.suffix.lower()
    return suffix != ".tsv" and FORMATS.get(suffix) in {"conll", "conllu"}


def _is_object(line: str) -> bool:
    try:
        return isinstance(parsed(line), dict)
    except ValueError:
        return False


def _are_rows(lines: Sequence[str]) -> bool:
    """Whether lines have as many columns as rows do; that many words in line after line are no prose."""
    widths = Counter(len(line.split()) for line in lines if not line.startswith(("#", "-DOCSTART-")))
    ((width, count),) = widths.most_common(1) or [(0, 0)]
    return width > 1 and count >= _FEWEST_ROWS and count >= 0.9 * widths.total()


def has_place_digits(path: Path, *, encoding: str) -> bool:
    """Whether every word is a character with its place in a segmented word, as Weibo NER has them."""
    lines = (line for _, line in islice(numbered_lines(path, encoding=encoding), HEAD_LINES))
    words = [line.split()[0] for line in lines if line.strip()]
    return len(words) >= _FEWEST_ROWS and all(len(word) == 2 and word[1].isdecimal() for word in words)
