"""Files that belong to a path of a corpus, and their digest, independent of the format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from onoma.errors import CorpusError

_BRAT_PAIR = {".ann": ".txt", ".txt": ".ann"}
"""Suffixes of the two files of a brat document."""


def files_of(path: Path) -> list[Path]:
    """Return all files of a folder in order, or the given file and the other file of its brat pair, if any."""
    if path.is_dir():
        return [file for file in sorted(path.rglob("*")) if file.is_file()]
    other = _BRAT_PAIR.get(path.suffix.lower())
    return [path, *([path.with_suffix(other)] if other and path.with_suffix(other).is_file() else [])]


def digest_of(paths: Iterable[Path]) -> str:
    """Return ``sha256:`` and the digest of the contents of all files in order.

    Raises:
        CorpusError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for file in chain.from_iterable(files_of(path) for path in paths):
        try:
            with file.open("rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
        except OSError as error:
            raise CorpusError(f"cannot be read: {error.strerror}", path=file) from error
    return f"sha256:{digest.hexdigest()}"
