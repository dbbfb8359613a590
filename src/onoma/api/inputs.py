"""What callers hand in, be it a path, several, or documents that are at hand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.corpora import ReadOptions

PathLike = str | os.PathLike[str]


def name_of(of: object, otherwise: str) -> str:
    """What a file or folder is called, also one that is being read; of what is in memory nobody knows."""
    from onoma.corpora import Reading

    path = of.path if isinstance(of, Reading) else of
    return Path(path).name if isinstance(path, str | os.PathLike) else otherwise


def documents_in(
    data: PathLike | Iterable[Document], *, format: str | None, options: ReadOptions | None
) -> Iterable[Document]:
    """The documents of a file, or those that are at hand already."""
    from onoma.corpora import ReadOptions, read

    if isinstance(data, str | os.PathLike):
        return read(Path(data), format=format, options=options or ReadOptions())
    return data


def paths_of(paths: PathLike | Sequence[PathLike] | None) -> list[Path] | None:
    """One path or several as a list; None stays None."""
    if paths is None:
        return None
    return [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]
