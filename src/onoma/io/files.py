"""Replacement of whole files and folders, so that an interrupted write never leaves incomplete new content."""

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
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from onoma.errors import CorpusError
from onoma.io.terminal import VisibleText

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

DRAFT = ".draft"
"""Suffix of incomplete files and folders; their names also begin with a dot."""


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Yield an unused path in the folder of ``path``; at the end, a file or folder at this path is removed."""
    temporary = path.with_name(f".{path.name}.{_machine_id()}-{os.getpid()}-{secrets.token_hex(4)}{DRAFT}")
    try:
        yield temporary
    finally:
        with suppress(OSError):
            remove(temporary)


@contextmanager
def replacing_path(path: Path) -> Iterator[Path]:
    """Yield a path to write a file or folder to; it replaces ``path`` only if no exception is raised."""
    with temporary_beside(path) as draft:
        yield draft
        if draft.is_dir():
            remove(path)
        draft.replace(path)


@contextmanager
def replacing_bytes(path: Path) -> Iterator[BinaryIO]:
    """Yield a binary file to write to; when complete and synchronised to disk, it replaces ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing_path(path) as draft, draft.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    fsync_path(path.parent)


@contextmanager
def replacing(path: Path, *, styled: bool = False, parents: bool = False) -> Iterator[TextIO]:
    """Yield a UTF-8 file to write to; it replaces ``path`` only if no exception is raised. ``-`` is standard output.

    If another process has changed ``path`` in the meantime, that file is kept, and the new one is named ``PATH.new``.

    Args:
        path: path of the file.
        styled: whether control characters are passed on to a terminal; otherwise visible symbols replace them.
        parents: whether missing parent folders are created.

    Raises:
        CorpusError: the file cannot be written; ``path`` was changed in the meantime; the text contains an unpaired
            surrogate or, for standard output, a character that its encoding does not have.
    """
    with _encode_errors_as_corpus_errors(path), _open_target(path, styled=styled, parents=parents) as file:
        yield file


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """Yield a new UTF-8 file to write to, in a folder that :func:`new_folder` yields.

    Raises:
        CorpusError: the text contains an unpaired surrogate.
        OSError: the file exists or cannot be written.
    """
    with _encode_errors_as_corpus_errors(path), path.open("x", encoding="utf-8", newline="\n") as file:
        yield file


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder to fill; it is renamed to ``path`` only if no exception is raised.

    Raises:
        CorpusError: ``path`` exists and is not an empty folder, or the folder cannot be written.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise CorpusError("exists already; choose a folder that is new or empty", path=path)
    _remove_abandoned(path)
    with _os_errors_as_corpus_errors(path), temporary_beside(path) as draft:
        draft.mkdir()
        yield draft
        if path.is_dir():
            path.rmdir()  # fails if something was put into the folder in the meantime
        draft.rename(path)


def name_new(draft: Path, path: Path) -> None:
    """Rename a complete file to ``path`` without replacing an existing file.

    Where the file system supports hard links, this also holds for a file that another process creates at the same time.

    Raises:
        FileExistsError: ``path`` exists; nothing was changed.
    """
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno == errno.EEXIST or os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "exists already", str(path)) from None
        draft.rename(path)  # the file system does not support hard links
    else:
        draft.unlink()


def is_special(path: Path) -> bool:
    """Return whether a path exists but is neither a file nor a folder, for example a device, pipe or socket."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def remove(path: Path) -> None:
    """Remove a file, or a folder with its contents; do nothing if the path does not exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def fsync_path(path: Path) -> None:
    """Synchronise a file or the entries of a folder to disk, if the operating system supports it."""
    with suppress(OSError):
        # Windows synchronises only files opened for writing; folders can be opened only for reading on any system.
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_alive(process: int) -> bool:
    """Return whether a process with this id is running on this machine; always true on Windows."""
    if os.name == "nt":
        return True  # Windows has no signal that leaves the process unaffected
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


@contextmanager
def _open_target(path: Path, *, styled: bool, parents: bool) -> Iterator[TextIO]:
    """Yield the file for :func:`replacing`."""
    if str(path) == "-":
        if sys.stdout is None:  # the caller of the process has closed it
            raise CorpusError("standard output is closed; name a file to write to", path=path)
        yield sys.stdout if styled or not sys.stdout.isatty() else cast("TextIO", VisibleText(sys.stdout))
        return
    if path.is_dir():
        raise CorpusError("is a folder; name a file to write to", path=path)
    if is_special(path):
        raise CorpusError("is a device or a pipe; name a file to write to, or - for standard output", path=path)
    if parents:
        with _os_errors_as_corpus_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    state_before = _file_state(path)
    with temporary_beside(path) as draft:
        with _os_errors_as_corpus_errors(path):
            raw = _RawFile(draft, "x")
        try:
            with TextIOWrapper(BufferedWriter(raw), encoding="utf-8", newline="\n") as file:
                yield file
        except OSError as error:
            if error is not raw.error:
                raise
            raise CorpusError(f"cannot be written: {error.strerror}", path=path) from error
        with _os_errors_as_corpus_errors(path):
            if _file_state(path) == state_before:
                draft.replace(path)
                return
            new_path = path.with_name(f"{path.name}.new")
            name_new(draft, new_path)
    raise CorpusError(
        f"another process has changed it in the meantime, so it is not replaced; the result is {new_path}", path=path
    )


class _RawFile(FileIO):
    """A file that keeps the error of a failed write, to tell it from errors of the code that produces the content."""

    error: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.error = error
            raise


def _file_state(path: Path) -> tuple[int, int, int, int] | None:
    """Return device, inode, size and modification time of a file, to detect changes; None if there is no file."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _remove_abandoned(path: Path) -> None:
    """Remove drafts of ``path`` left behind by processes of this machine that are no longer running."""
    pattern = re.compile(re.escape(f".{path.name}.{_machine_id()}-") + r"(\d+)-[0-9a-f]+" + re.escape(DRAFT))
    with suppress(OSError):
        for draft in path.parent.iterdir():
            if (match := pattern.fullmatch(draft.name)) and not is_alive(int(match[1])):
                remove(draft)


def _machine_id() -> str:
    """Return a short id of this machine; it is part of draft names, as other machines may write to the same folder."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


@contextmanager
def _os_errors_as_corpus_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CorpusError(f"cannot be written: {error.strerror}", path=path) from error


@contextmanager
def _encode_errors_as_corpus_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        characters = error.object[error.start : error.end]
        surrogate_note = "is half of a surrogate pair and " if "\ud800" <= characters[0] <= "\udfff" else ""
        message = f"{characters!r} {surrogate_note}cannot be written as {error.encoding.upper()}"
        raise CorpusError(message, path=path) from None
