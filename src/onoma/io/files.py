"""Files and folders that are replaced as a whole: the old content is there or the new, whatever dies in between."""

from __future__ import annotations

import errno
import os
import platform
import re
import secrets
import shutil
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from onoma.errors import CorpusError
from onoma.io.terminal import VisibleText

DRAFT = ".draft"
"""The suffix of what is not whole yet; such names begin with a dot."""


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A new path in the folder of ``path``; the file or folder that is there at the end is removed."""
    temporary = path.with_name(f".{path.name}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}{DRAFT}")
    try:
        yield temporary
    finally:
        with suppress(OSError):
            remove(temporary)


@contextmanager
def replacing_path(path: Path) -> Iterator[Path]:
    """A path to write a file or a folder to, which takes the place of ``path`` only when all went well."""
    with temporary_beside(path) as draft:
        yield draft
        if draft.is_dir():
            remove(path)
        draft.replace(path)


@contextmanager
def replacing_bytes(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of ``path`` when it is whole and the disk holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing_path(path) as draft, draft.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    synchronise(path.parent)


@contextmanager
def replacing(path: Path, *, styled: bool = False) -> Iterator[TextIO]:
    """A UTF-8 file to write to that takes the place of ``path`` only when all went well; ``-`` is standard output.

    It takes the place of what is there at the beginning. What somebody puts there later stays, and the new file is
    called ``PATH.new``.

    Args:
        path: the file.
        styled: the text is made for a terminal, with its control characters, which a terminal is not given otherwise.

    Raises:
        CorpusError: the file cannot be written there, or the text holds half of a surrogate pair or, for standard
            output in another encoding, a character that this encoding does not have.
    """
    try:
        with _target(path, styled=styled) as file:
            yield file
    except UnicodeEncodeError as error:
        what = error.object[error.start : error.end]
        half = "is half of a surrogate pair and " if "\ud800" <= what[0] <= "\udfff" else ""
        message = f"{what!r} {half}cannot be written as {error.encoding.upper()}"
        raise CorpusError(message, path=path) from None


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that gets the name ``path`` only when all went well.

    Raises:
        CorpusError: there is something already, or the folder cannot be written.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise CorpusError("exists already; choose a folder that is new or empty", path=path)
    _remove_abandoned(path)
    with _explaining(path), temporary_beside(path) as draft:
        draft.mkdir()
        yield draft
        if path.is_dir():
            path.rmdir()  # unless something has come into it meanwhile
        draft.rename(path)


def name_new(draft: Path, path: Path) -> None:
    """Give a whole file the name ``path``, unless something has that name, be it only since a moment.

    Raises:
        FileExistsError: something has it; nothing was changed.
    """
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno == errno.EEXIST or os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "exists already", str(path)) from None
        draft.rename(path)  # a file system without links
    else:
        draft.unlink()


def is_special(path: Path) -> bool:
    """Whether there is something that is neither a file nor a folder: a device, a pipe, a socket."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, where there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def synchronise(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder, where the system can be asked that."""
    with suppress(OSError):
        # Windows synchronises only what was opened to write; a folder can be opened nowhere but to read.
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_alive(process: int) -> bool:
    """Whether there is such a process on this machine; on Windows always."""
    if os.name == "nt":
        return True  # there is no harmless signal
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


@contextmanager
def _target(path: Path, *, styled: bool) -> Iterator[TextIO]:
    """A file for :func:`replacing`."""
    if str(path) == "-":
        yield sys.stdout if styled or not sys.stdout.isatty() else cast("TextIO", VisibleText(sys.stdout))
        return
    if path.is_dir():
        raise CorpusError("is a folder; name a file to write to", path=path)
    if is_special(path):
        raise CorpusError("is a device or a pipe; name a file to write to, or - for standard output", path=path)
    _remove_abandoned(path)
    before = _seen(path)
    with _explaining(path), temporary_beside(path) as draft:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            yield file
        if _seen(path) == before:
            draft.replace(path)
            return
        kept = path.with_name(f"{path.name}.new")
        name_new(draft, kept)
    raise CorpusError(f"somebody has written to it meanwhile, so it is not replaced; the result is {kept}", path=path)


def _seen(path: Path) -> tuple[int, int, int, int] | None:
    """What tells a file from another one at the same place; None where there is none."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _remove_abandoned(path: Path) -> None:
    """Remove drafts for ``path`` that processes of this machine have left when they died."""
    name = re.compile(re.escape(f".{path.name}.{_machine()}-") + r"(\d+)-[0-9a-f]+" + re.escape(DRAFT))
    with suppress(OSError):
        for draft in path.parent.iterdir():
            if (found := name.fullmatch(draft.name)) and not is_alive(int(found[1])):
                remove(draft)


def _machine() -> str:
    """A short name for this machine: others may write to the same folder."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CorpusError(f"cannot be written: {error.strerror}", path=path) from error
