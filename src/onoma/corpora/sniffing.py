"""Which format a path holds: by its suffix where that settles it, else by the first lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from onoma.corpora.columns import split_columns
from onoma.corpora.conll2012 import is_conll2012
from onoma.corpora.detection import names_columns
from onoma.corpora.spelling import looks_prefixed, looks_tagged
from onoma.corpora.tables import is_table
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines
from onoma.io.suffixes import FORMATS

_NAMED = {
    suffix: "jsonl" if format == "json" else format
    for suffix, format in FORMATS.items()
    if format not in ("text", "csv", "parquet", "html")
} | {".csv": "table"}
_SETTLED = frozenset(["jsonl", "brat", "germeval"])
HEAD_LINES = 400
"""So many lines of a file decide on its format."""

_TAG = re.compile(r"O|[BIESLUM]-\S.*")
_WORD_NUMBER = re.compile(r"\d+([-.]\d+)?")


def sniff(path: str | Path, *, encoding: str = "utf-8") -> str:
    """The name of the format of a file or folder.

    Raises:
        CorpusError: it is missing, empty or not text in this encoding.
    """
    path = Path(path)
    if path.is_dir():
        if any(path.rglob("*.ann")):
            return "brat"
        raise CorpusError("is a folder without .ann files; name a file, or format='brat' for texts alone", path=path)
    named = _NAMED.get(path.suffix.lower())
    if named in _SETTLED:
        return str(named)
    if path.with_suffix(".ann").is_file():
        return "brat"
    lines = [line for _, line in islice(numbered_lines(path, encoding=encoding), HEAD_LINES)]
    found = sniff_lines(lines)
    if found is None:
        raise CorpusError("has no documents: there is nothing in it but white space", path=path)
    return named if found == "text" and named else found


def sniff_lines(lines: Sequence[str]) -> str | None:
    """The name of the format that a file with these first lines has; None where there is nothing but white space."""
    filled = [line for line in lines if line.strip(" \t")]
    return (_by_content(filled) or "text") if filled else None


def format_to_write(path: Path) -> str:
    """The name of the format that a target's suffix asks for.

    Raises:
        CorpusError: the suffix is that of no format.
    """
    if path.is_dir():
        return "brat"
    named = _NAMED.get(path.suffix.lower())
    if named is None or named == "table":
        known = ", ".join(suffix for suffix, name in _NAMED.items() if name != "table")
        raise CorpusError(
            f"the suffix {path.suffix!r} tells no format; use one of {known}, or name the format", path=path
        )
    return named


def _by_content(lines: list[str]) -> str | None:
    """The format that the lines which are not blank look like; None where they look like none."""
    if lines[0].lstrip()[:1] in ("{", "[") and _is_json(lines[0]):
        return "jsonl"
    if lines[0].startswith("#FORMAT=WebAnno TSV 3"):
        return "webanno"
    if is_conll2012(lines):
        return "conll2012"
    words = [line for line in lines if not line.startswith(("#", "-DOCSTART-"))]
    if not words:
        return None
    if is_table(words):
        return "table"
    if names_columns(split_columns(words[0], tabs="\t" in words[0])):
        return "conll"
    tabbed = [line.split("\t") for line in words]
    widths = Counter(map(len, tabbed))
    numbered = all(_WORD_NUMBER.fullmatch(fields[0]) for fields in tabbed)
    if numbered and set(widths) == {4} and all(_TAG.fullmatch(tag) for fields in tabbed for tag in fields[2:]):
        return "germeval"
    if numbered and (set(widths) == {10} or (set(widths) == {5} and all(_is_uner(fields) for fields in tabbed))):
        return "conllu"
    columns = [split_columns(line, tabs="\t" in line) for line in words]
    tagged = sum(len(fields) > 1 and _TAG.fullmatch(fields[-1].strip(" ")) is not None for fields in columns)
    return "conll" if 2 * tagged > len(words) or _is_tagged(columns) else None


def _is_uner(fields: list[str]) -> bool:
    """Whether the third of five columns could be UNER's tag, and the last one is none."""
    return looks_tagged(fields[2]) and not (_TAG.fullmatch(fields[4]) and fields[4] != "O")


def _is_tagged(columns: list[list[str]]) -> bool:
    """Whether all lines have as many columns, and one behind the first has nothing but tags, in any spelling."""
    widths = {len(fields) for fields in columns}
    return len(widths) == 1 and any(
        all(looks_tagged(fields[place]) for fields in columns) and any(map(looks_prefixed, {f[place] for f in columns}))
        for place in range(1, *widths)
    )


def _is_json(line: str) -> bool:
    if line.strip() in ("{", "["):
        return True
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
