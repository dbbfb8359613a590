"""Output folder of a comparison or a search: it is used by one call at a time, and a later call can resume the work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from onoma.bundle import OutputFolder
from onoma.errors import InputError
from onoma.io.lock import locked


def check_folder(folder: Path, *, kind: str, begun: bool, overwrite: bool, resume: bool) -> None:
    """Check that an output folder may be written to.

    Args:
        folder: the output folder; it need not exist.
        kind: name of what is written to it, for messages.
        begun: whether the folder already contains something of this kind.
        overwrite: whether that may be discarded.
        resume: whether that is to be continued.

    Raises:
        InputError: the folder may not be written to. The message says what to do.
    """
    if overwrite and resume:
        raise InputError(f"--resume continues a {kind} and --overwrite discards it; pass one of them")
    if folder.is_file():
        raise InputError(f"{folder}: this is a file; name a folder to write to")
    if begun and not (overwrite or resume):
        raise InputError(
            f"{folder}: the output folder has a {kind}; pass --resume to continue it, --overwrite to start again, or "
            "choose another folder"
        )
    if not begun and folder.is_dir() and any(path != OutputFolder(folder).run for path in folder.iterdir()):
        raise InputError(f"{folder}: the output folder is not empty and has no {kind}; choose another one")


@contextmanager
def taken_folder(folder: Path, *, parts: Sequence[str]) -> Iterator[None]:
    """Lock a folder for this process; afterwards remove it if it is empty.

    Args:
        folder: the folder, which is created if it does not exist.
        parts: names of subfolders that are also removed if they are empty.

    Raises:
        InputError: another process holds the lock.
    """
    output = OutputFolder(folder)
    try:
        with locked(output.lock):
            yield
    finally:
        for path in (output.run, *(folder / part for part in parts), folder):
            with suppress(OSError):  # the folder is not empty
                path.rmdir()
