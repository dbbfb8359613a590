"""What a file's name says of its content: the format, and whether it is compressed."""

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
"""The format that each suffix stands for."""

COMPRESSIONS = (".gz", ".zst")
"""Suffixes of files that are written compressed."""

READ_COMPRESSIONS = (*COMPRESSIONS, ".xz")
"""Those of files that are read so."""


def plain_name(path: Path) -> Path:
    """The path without the suffix of its compression."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path


def named_format(path: Path) -> str | None:
    """The format that the suffix stands for, whether or not the file is compressed; None if it is that of no format."""
    return FORMATS.get(plain_name(path).suffix.lower())
