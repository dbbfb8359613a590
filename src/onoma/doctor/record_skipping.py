"""Removal of an unreadable record or sentence from a file, so that the rest of the file can be checked.

Its lines are blanked, not deleted, so that the other lines keep their numbers.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path

from onoma.corpora.layouts import is_pair
from onoma.io.json_text import parsed

_SENTENCE_FORMATS = frozenset(["conll", "conllu", "germeval", "hipe", "conll2012", "webanno"])
"""Formats in which consecutive non-blank lines form a sentence."""

_LINE_FORMATS = frozenset(["wikiner"])
"""Formats in which a line is a sentence."""


def skip_record(path: Path, line: int, target: Path, *, format: str, encoding: str) -> bool:
    """Write a copy of a file without the record or sentence that contains a line.

    Args:
        path: path of the file.
        line: line number, counted from 1.
        target: path of the copy; it may be ``path``.
        format: format of the file.
        encoding: encoding of the file.

    Returns:
        Whether the copy was written; in folders and in some formats and encodings, lines cannot be left out.
    """
    if path.is_dir() or "\n".encode(encoding).removeprefix(BOM_UTF8) != b"\n":
        return False
    lines = path.read_bytes().split(b"\n")
    first = last = line - 1
    if format in _SENTENCE_FORMATS:
        while first and lines[first - 1].strip():
            first -= 1
        while last + 1 < len(lines) and lines[last + 1].strip():
            last += 1
    elif format not in _LINE_FORMATS and not (format == "jsonl" and _are_records(lines, excluded=first)):
        return False
    if not any(each.strip() for each in lines[first : last + 1]):
        return False
    lines[first : last + 1] = [b""] * (last + 1 - first)
    target.write_bytes(b"\n".join(lines))
    return True


def _are_records(lines: Sequence[bytes], *, excluded: int) -> bool:
    """Return whether each line is a record, not part of a single value, judged by the first one but ``excluded``."""
    if lines[excluded].strip() in (b"[", b"{"):
        return False
    others = (line for position, line in enumerate(lines) if position != excluded and line.strip())
    return _is_record(next(others, b""))


def _is_record(line: bytes) -> bool:
    try:
        value = parsed(line.removeprefix(BOM_UTF8))
    except ValueError:  # not JSON, or not UTF-8
        return False
    return isinstance(value, dict) or is_pair(value)
