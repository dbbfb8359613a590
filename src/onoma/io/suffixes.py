"""Detection of the format and compression of a file from its suffixes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FORMATS: Mapping[str, str] = {
    ".conll": "conll",
    ".bio": "conll",
    ".iob": "conll",
    ".bioes": "conll",
    ".iobes": "conll",
    ".tsv": "conll",
    ".conllu": "conllu",
    ".iob2": "conllu",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".ann": "brat",
    ".germeval": "germeval",
    ".pubtator": "pubtator",
    ".spacy": "spacy",
    ".txt": "text",
    ".csv": "csv",
    ".parquet": "parquet",
    ".html": "html",
    ".htm": "html",
}
"""Format of each suffix."""

COMPRESSIONS = (".gz", ".zst")
"""Suffixes of files that are written compressed."""

READ_COMPRESSIONS = (*COMPRESSIONS, ".xz")
"""Suffixes of files that are read compressed."""


def plain_name(path: Path) -> Path:
    """Return the path without a suffix in ``COMPRESSIONS``."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path


def named_format(path: Path) -> str | None:
    """Return the format of a file by its suffix, ignoring a suffix in ``COMPRESSIONS``; None if it is unknown."""
    return FORMATS.get(plain_name(path).suffix.lower())
