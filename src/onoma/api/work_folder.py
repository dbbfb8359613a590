"""The output folder of a comparison or a search: one call has it, and a later one goes on with what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from onoma.bundle import OutputFolder
from onoma.errors import InputError
from onoma.io.lock import locked


def check_folder(folder: Path, *, kind: str, begun: bool, overwrite: bool, resume: bool) -> None:
    """Check that a folder may be written to.

    Args:
        folder: the output, which may not exist.
        kind: what is written to it.
        begun: whether it has one already.
        overwrite: discard that.
        resume: go on with that.

    Raises:
        InputError: it may not; with what to do.
    """
    if overwrite and resume:
        raise InputError(f"--resume continues a {kind} and --overwrite discards it; pass one of them")
    if folder.is_file():
        raise InputError(f"{folder}: this is a file; name a folder to write to")
    if begun and not (overwrite or resume):
        raise InputError(
            f"{folder}: the output folder has a {kind}; pass --resume to go on with it, --overwrite to start again, or "
            "choose another folder"
        )
    if not begun and folder.is_dir() and any(path != OutputFolder(folder).run for path in folder.iterdir()):
        raise InputError(f"{folder}: the output folder is not empty and has no {kind}; choose another one")


@contextmanager
def taken_folder(folder: Path, *, parts: Sequence[str]) -> Iterator[None]:
    """Have a folder for oneself; afterwards it is removed if nothing is in it.

    Args:
        folder: made where it does not exist.
        parts: folders in it that are removed too if nothing is in them.

    Raises:
        InputError: another process has it.
    """
    output = OutputFolder(folder)
    try:
        with locked(output.lock):
            yield
    finally:
        for path in (output.run, *(folder / part for part in parts), folder):
            with suppress(OSError):  # something is in it
                path.rmdir()
