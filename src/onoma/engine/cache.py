"""On-disk cache of flat arrays, which are looked up by a key and read as memory maps.

A cache entry is a folder with one numpy file per array and the file ``entry.json``, which contains the sizes of these
files and additional information from the code that built the entry. An entry is written to a temporary folder, which is
then renamed, so that an interrupted run never leaves an incomplete entry. This module does not depend on the content of
the arrays or on how they are built.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from onoma.io.files import temporary_beside
from onoma.machine import cache_folder

Columns = Mapping[str, type[np.integer[Any]] | np.dtype[np.generic]]
"""The dtype of each flat array, by the array's name."""

Piece = Mapping[str, NDArray[np.generic]]
"""Values to append to the columns, by column name; columns that are not named get no new values."""

Build = Callable[[], Generator[Piece, None, str]]
"""Function that yields pieces and finally returns additional information as text, which is stored with the arrays."""

FORMAT = 2
"""Version of the entry layout; part of every key."""

MAX_BYTES = 20 * 2**30
"""Maximum total size of all entries in bytes; above it, the least recently used entries are removed."""

_ENTRY_FILE = "entry.json"
_DEFAULT_FOLDER = "examples"
_MAX_DRAFT_AGE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Cached:
    """The result of a cache lookup.

    Attributes:
        arrays: columns by name: memory maps, or arrays in memory if they could not be written to disk.
        facts: text that the build function returned.
        found: whether the entry was already in the cache.
    """

    arrays: dict[str, NDArray[Any]]
    facts: str
    found: bool


def cached_arrays(
    key: str,
    *,
    columns: Columns,
    build: Build,
    notice: Callable[[str], object],
    folder: Path | None = None,
    max_bytes: int = MAX_BYTES,
) -> Cached:
    """Return the arrays of a key from the cache, or build and store them.

    If several processes request the same key at the same time, each of them builds the entry, and the entry of the
    process that finishes first is kept.

    Args:
        key: everything that the content depends on, as text of any length.
        columns: names and dtypes of the arrays. The same key with other columns is a different entry.
        build: function that builds the content; called a second time if the disk is full.
        notice: function called with messages for the user, such as a broken entry or a full disk.
        folder: folder of the entries; by default ``examples`` in the user's cache.
        max_bytes: maximum total size of all entries in bytes; the new entry is kept in any case.
    """
    folder = folder or cache_folder(_DEFAULT_FOLDER)
    types = {name: np.dtype(dtype).str for name, dtype in columns.items()}
    entry = folder / hashlib.sha256(f"{FORMAT}\n{json.dumps(types)}\n{key}".encode()).hexdigest()[:32]
    cached = _open_entry(entry, columns=columns, notice=notice)
    if cached is not None:
        return cached
    try:
        with temporary_beside(entry) as draft:
            _write_entry(draft, build(), columns=columns)
            with _convert_os_errors():
                _rename(draft, entry)
    except _UnwritableError as error:
        notice(f"{folder}: examples cannot be kept there ({error}), so they are kept in memory")
        return _build_in_memory(build(), columns=columns)
    prune(folder, max_bytes=max_bytes, keep=entry)
    written = _open_entry(entry, columns=columns, notice=notice)
    return _build_in_memory(build(), columns=columns) if written is None else replace(written, found=False)


def arrays_in_memory(pieces: Iterable[Piece], *, columns: Columns) -> dict[str, NDArray[Any]]:
    """Concatenate pieces to columns in memory, without a file."""
    writer = _Writer({name: BytesIO() for name in columns}, columns=columns)
    for piece in pieces:
        writer.append(piece)
    return writer.in_memory()


def prune(folder: Path, *, max_bytes: int, keep: Path | None = None) -> None:
    """Remove leftovers of dead runs, and the least recently used entries until the rest fits."""
    entries: list[tuple[float, int, Path]] = []
    for path in folder.iterdir():
        last_used, size = _last_use_and_size(path)
        if not path.name.startswith("."):
            entries.append((last_used, size, path))
        elif time.time() - last_used > _MAX_DRAFT_AGE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= max_bytes:
            break
        if path != keep:
            _remove_entry(path)
            total -= size


def _last_use_and_size(path: Path) -> tuple[float, int]:
    """Return the time of an entry's last use and its size in bytes; now and 0 if another run has just removed it."""
    try:
        stats = [file.stat() for file in (path, *path.iterdir())]
    except OSError:
        return time.time(), 0
    return max(stat.st_mtime for stat in stats), sum(stat.st_size for stat in stats[1:])


class _UnwritableError(Exception):
    """An entry cannot be written to disk; the message is the reason."""


def _open_entry(entry: Path, *, columns: Columns, notice: Callable[[str], object]) -> Cached | None:
    """Open an entry; return None if it does not exist or is broken. A broken entry is removed."""
    if not entry.is_dir():
        return None
    try:
        metadata = json.loads((entry / _ENTRY_FILE).read_text(encoding="utf-8"))
        for name, size in metadata["sizes"].items():
            if (entry / name).stat().st_size != size:
                raise ValueError(f"{name} does not have {size:,} bytes")
        arrays = {name: _open_array(entry / f"{name}.npy") for name in columns}
        cached = Cached(arrays, str(metadata["facts"]), found=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        notice(f"{entry}: is broken ({error}) and made again")
        _remove_entry(entry)
        return None
    with suppress(OSError):
        os.utime(entry / _ENTRY_FILE)
    return cached


def _open_array(path: Path) -> NDArray[Any]:
    """Return a plain array that views a memory map, because slicing a `numpy.memmap` is slower."""
    array: NDArray[Any] = np.load(path, mmap_mode="r").view(np.ndarray)
    return array


def _write_entry(draft: Path, pieces: Generator[Piece, None, str], *, columns: Columns) -> None:
    with ExitStack() as stack:
        with _convert_os_errors():
            draft.mkdir(parents=True)
            files = {name: (draft / f"{name}.npy").open("xb") for name in columns}
            for file in files.values():
                stack.callback(_close_quietly, file)
            writer = _Writer(files, columns=columns)
        facts = _append_all(pieces, into=writer)
        with _convert_os_errors():
            writer.finish()
            for file in files.values():
                file.flush()
                os.fsync(file.fileno())
    with _convert_os_errors():
        sizes = {f"{name}.npy": (draft / f"{name}.npy").stat().st_size for name in columns}
        (draft / _ENTRY_FILE).write_text(json.dumps({"sizes": sizes, "facts": facts}), encoding="utf-8")


def _build_in_memory(pieces: Generator[Piece, None, str], *, columns: Columns) -> Cached:
    writer = _Writer({name: BytesIO() for name in columns}, columns=columns)
    facts = _append_all(pieces, into=writer)
    return Cached(writer.in_memory(), facts, found=False)


def _append_all(pieces: Generator[Piece, None, str], *, into: _Writer) -> str:
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            return str(end.value)
        with _convert_os_errors():
            into.append(piece)


@contextmanager
def _convert_os_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _UnwritableError(error.strerror or type(error).__name__) from error


def _rename(draft: Path, entry: Path) -> None:
    """Rename a draft to its entry; if another run has written the entry in the meantime, keep that one."""
    try:
        draft.rename(entry)
    except OSError:
        if not entry.is_dir():
            raise


def _close_quietly(file: BufferedIOBase) -> None:
    """Close a file and ignore errors: it was either synchronised already, or is about to be removed."""
    with suppress(OSError):
        file.close()


def _remove_entry(entry: Path) -> None:
    """Remove an entry atomically; processes that have it open can still read it if the operating system allows that."""
    with temporary_beside(entry) as discarded, suppress(OSError):
        entry.rename(discarded)


class _Writer:
    """Appends pieces to one file per column, in numpy's file format."""

    def __init__(self, files: Mapping[str, BufferedIOBase], *, columns: Columns) -> None:
        self._columns = {name: _Column(files[name], dtype) for name, dtype in columns.items()}

    def append(self, piece: Piece) -> None:
        for name, values in piece.items():
            self._columns[name].extend(values)

    def finish(self) -> None:
        """Write the final array lengths into the file headers."""
        for column in self._columns.values():
            column.finish()

    def in_memory(self) -> dict[str, NDArray[Any]]:
        """Return the written arrays without copying them; all files must be ``BytesIO``."""
        return {name: column.in_memory() for name, column in self._columns.items()}


class _Column:
    """A flat array that grows in a file. numpy pads the file header so that the length in it can grow."""

    def __init__(self, file: BufferedIOBase, dtype: type[np.integer[Any]] | np.dtype[np.generic]) -> None:
        self.length = 0
        self._file = file
        self._dtype = np.dtype(dtype)
        self._header_size = self._write_header()

    def extend(self, values: NDArray[np.generic]) -> None:
        self._file.write(values.astype(self._dtype).tobytes())
        self.length += len(values)

    def finish(self) -> None:
        self._file.seek(0)
        if self._write_header() != self._header_size:
            raise AssertionError("the head of a numpy file has grown over its data")

    def in_memory(self) -> NDArray[Any]:
        assert isinstance(self._file, BytesIO)
        return np.frombuffer(self._file.getbuffer(), dtype=self._dtype, offset=self._header_size)

    def _write_header(self) -> int:
        fields = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": (self.length,)}
        npy.write_array_header_1_0(self._file, fields)
        return self._file.tell()
