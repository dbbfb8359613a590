"""A file without what a line that cannot be read belongs to, so that all else in it can be checked.

Lines are made blank and not removed, so that the others keep their numbers.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path

from onoma.corpora.layouts import is_pair
from onoma.io.json_text import parsed

_WITH_SENTENCES = frozenset(["conll", "conllu", "germeval", "hipe", "conll2012", "webanno"])
"""Formats in which lines that are not blank form a sentence."""


def leave_out(path: Path, line: int, target: Path, *, format: str, encoding: str) -> bool:
    """Write a copy of a file without the record or the sentence that a line belongs to.

    Args:
        path: the file.
        line: counted from 1.
        target: where the copy goes; it may be ``path``.
        format: of the file.
        encoding: of the file.

    Returns:
        Whether it was written; in some formats and encodings a line cannot be left out.
    """
    if "\n".encode(encoding).removeprefix(BOM_UTF8) != b"\n":
        return False
    lines = path.read_bytes().split(b"\n")
    first = last = line - 1
    if format in _WITH_SENTENCES:
        while first and lines[first - 1].strip():
            first -= 1
        while last + 1 < len(lines) and lines[last + 1].strip():
            last += 1
    elif format != "jsonl" or not _are_records(lines, but=first):
        return False
    if not any(each.strip() for each in lines[first : last + 1]):
        return False
    lines[first : last + 1] = [b""] * (last + 1 - first)
    target.write_bytes(b"\n".join(lines))
    return True


def _are_records(lines: Sequence[bytes], *, but: int) -> bool:
    """Whether each line is a record of its own and not a part of one value, as the first that is not wrong shows."""
    if lines[but].strip() in (b"[", b"{"):
        return False
    others = (line for position, line in enumerate(lines) if position != but and line.strip())
    return _is_record(next(others, b""))


def _is_record(line: bytes) -> bool:
    try:
        value = parsed(line.removeprefix(BOM_UTF8))
    except ValueError:  # no JSON, or not UTF-8
        return False
    return isinstance(value, dict) or is_pair(value)
