"""Digests of files and of the package's own code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

_PACKAGE_FOLDER = Path(__file__).parents[1]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; an empty string if there is no file."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_below(path: Path, *, suffixes: Sequence[str]) -> str:
    """Return the SHA-256 of a file, or of the relative paths and contents of a folder's files with certain suffixes."""
    if not path.is_dir():
        return file_digest(path)
    digest = hashlib.sha256()
    for file in _files_below(path, suffixes):
        name = file.relative_to(path).as_posix()
        digest.update(f"{name}\0{file_digest(file)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def modification_digest(path: Path, *, suffixes: Sequence[str]) -> str:
    """Return a short digest of the paths, sizes and modification times of the files, which detects most changes.

    Args:
        path: a file, or a folder that is searched recursively.
        suffixes: suffixes of the files in a folder to include.
    """
    files = _files_below(path, suffixes) if path.is_dir() else [path]
    file_stats = ((str(file), file.stat()) for file in files)
    stamps = "\n".join(f"{name}\0{status.st_size} {status.st_mtime_ns}" for name, status in file_stats)
    return hashlib.sha256(stamps.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def code_digest(parts: Iterable[str]) -> str:
    """Return the SHA-256 of some of this package's source files, to detect changes of the code.

    Args:
        parts: packages and modules by their path below ``onoma``, such as ``corpora`` and ``training/examples.py``.
    """
    digest = hashlib.sha256()
    for part in parts:
        path = _PACKAGE_FOLDER / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _files_below(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())
