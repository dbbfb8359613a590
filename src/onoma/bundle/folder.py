"""Folders that appear whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onoma.bundle.bundle import MANIFEST
from onoma.errors import InputError


def check_output(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is a bundle that may be replaced.

    Raises:
        InputError: with what to do.
    """
    if folder.is_file():
        raise InputError(f"{folder}: this is a file; name a folder to write to")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder}: the output folder is not empty and holds no model; name another one")
    if not overwrite:
        raise InputError(
            f"{folder}: the output folder holds a model; pass --overwrite to replace it, or name another one"
        )


@contextmanager
def new_folder(folder: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Fill a temporary folder that takes its place when all went well, and goes when not.

    Yields:
        The temporary folder, beside the place it is to take.

    Raises:
        InputError: the place is taken.
    """
    check_output(folder, overwrite=overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        fresh = Path(scratch) / "new"
        fresh.mkdir()
        yield fresh
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        fresh.rename(folder)
