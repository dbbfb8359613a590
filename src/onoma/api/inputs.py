"""Conversion of the inputs that callers pass: a path, several paths, or documents in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.bundle import AUTO, Bundle
from onoma.errors import InputError
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.corpora import ReadOptions

PathLike = str | os.PathLike[str]


def name_of(of: object, otherwise: str) -> str:
    """Return the name of a file or folder without its parents; ``otherwise`` if the input is not a path."""
    return Path(of).name if isinstance(of, str | os.PathLike) else otherwise


def documents_in(
    data: PathLike | Iterable[Document], *, format: str | None, options: ReadOptions | None
) -> Iterable[Document]:
    """Read the documents of a file; return documents in memory unchanged.

    Raises:
        InputError: the data is a list of paths, or the file cannot be used.
    """
    from onoma.corpora import ReadOptions, read

    if isinstance(data, list | tuple) and any(isinstance(each, str | os.PathLike) for each in data):
        raise InputError("expected the path of one file, or documents, not a list of paths; read each with onoma.read")
    if isinstance(data, str | os.PathLike):
        options = replace(options or ReadOptions(), replace_surrogates=True)
        return read(Path(data), format=format, options=options)
    return data


def notes_on(*read: Iterable[Document]) -> list[str]:
    """Return notes on how files were read, and on what was repaired or left out; each note names its file."""
    from onoma.corpora import CorpusReader

    return [note for reader in read if isinstance(reader, CorpusReader) for note in reader.notices()]


def context_notes(bundle: Bundle, documents: Sequence[Document]) -> list[str]:
    """Return a note if a model was trained on joined sentences but each document has only one sentence."""
    documents_setting = bundle.manifest.window.documents
    if (
        documents_setting == AUTO
        or len(documents) < 2
        or any(len(document.sentences or ()) != 1 for document in documents)
    ):
        return []
    advice = f"--documents {documents_setting} gives these the same context, if they follow one another"
    return [f"the model was trained on sentences that were joined (documents {documents_setting}); {advice}"]


def check_replaceable(path: Path, *, overwrite: bool) -> None:
    """Check that a file does not exist yet, or may be replaced; what may be written to a folder is checked elsewhere.

    Raises:
        InputError: the file exists and may not be replaced.
    """
    if path.exists() and not path.is_dir() and not overwrite:
        raise InputError(f"{path}: exists already; pass --overwrite to replace it, or name another file")


def names_of(names: str | Sequence[str]) -> list[str]:
    """Return one name or several names as a list."""
    return [names] if isinstance(names, str) else list(names)


def paths_of(paths: PathLike | Sequence[PathLike] | None) -> list[Path] | None:
    """Return one path or several paths as a list; None stays None."""
    if paths is None:
        return None
    return [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]
