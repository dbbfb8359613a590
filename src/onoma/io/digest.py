"""Digests of files and of the package's own code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def file_digest(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal; empty where there is no file."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_digest(parts: Iterable[str]) -> str:
    """The SHA-256 of some of this package's source files, so that a change of the code cannot go unnoticed.

    Args:
        parts: packages and modules by their path below ``onoma``, such as ``corpora`` and ``training/examples.py``.
    """
    digest = hashlib.sha256()
    for part in parts:
        path = _PACKAGE / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()
