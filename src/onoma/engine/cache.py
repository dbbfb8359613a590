"""Examples on disk as flat arrays: made once, found again by what they were made from, and read as memory maps.

An entry is a folder of one numpy file for each array and ``entry.json``, which knows the files' sizes and whatever else
the maker wants to find again. It is written under another name and then renamed, so that a run that dies leaves no half
of one. This module does not know what the arrays of an example are, nor how they are made.
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
"""The flat arrays by name, each with the type of its numbers."""

Piece = Mapping[str, NDArray[np.generic]]
"""What is added to the columns, by name; to those it does not name, nothing."""

Build = Callable[[], Generator[Piece, None, str]]
"""Streams pieces, and returns what else a later run needs to know of them, as text."""

FORMAT = 2
"""Version of an entry's layout; part of every key."""

BOUND = 20 * 2**30
"""Bytes that all entries together may take; beyond it those go that were not used for longest."""

_ENTRY = "entry.json"
_FOLDER = "examples"
_ABANDONED_AFTER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Cached:
    """What the cache gave.

    Attributes:
        arrays: the columns by name; memory maps, or arrays in memory where the disk could not take them.
        facts: the text that the maker returned.
        found: whether they were there already.
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
    bound: int = BOUND,
) -> Cached:
    """Find the arrays of a key, or make them.

    Several processes may ask for the same key at once: each makes the entry, and the first to finish keeps it.

    Args:
        key: everything that the content depends on, as text of any length.
        columns: the arrays; others under the same key are another entry.
        build: makes the content; called a second time where the disk is full.
        notice: called with what the user should know: a broken entry, a full disk.
        folder: where entries are stored; ``examples`` in the user's cache by default.
        bound: bytes that all entries together may take; the newest stays in any case.
    """
    folder = folder or cache_folder(_FOLDER)
    types = {name: np.dtype(dtype).str for name, dtype in columns.items()}
    entry = folder / hashlib.sha256(f"{FORMAT}\n{json.dumps(types)}\n{key}".encode()).hexdigest()[:32]
    found = _open(entry, columns=columns, notice=notice)
    if found is not None:
        return found
    try:
        with temporary_beside(entry) as draft:
            _fill(draft, build(), columns=columns)
            with _writing():
                _rename(draft, entry)
    except _UnwritableError as error:
        notice(f"{folder}: examples cannot be kept there ({error}), so they are kept in memory")
        return _in_memory(build(), columns=columns)
    prune(folder, bound=bound, keep=entry)
    made = _open(entry, columns=columns, notice=notice)
    return _in_memory(build(), columns=columns) if made is None else replace(made, found=False)


def arrays_in_memory(pieces: Iterable[Piece], *, columns: Columns) -> dict[str, NDArray[Any]]:
    """The columns that pieces add up to, without a file."""
    writer = _Writer({name: BytesIO() for name in columns}, columns=columns)
    for piece in pieces:
        writer.append(piece)
    return writer.in_memory()


def prune(folder: Path, *, bound: int, keep: Path | None = None) -> None:
    """Remove what dead runs left, and of the entries those not used for longest until all fit the bound."""
    entries: list[tuple[float, int, Path]] = []
    for path in folder.iterdir():
        used, size = _use(path)
        if not path.name.startswith("."):
            entries.append((used, size, path))
        elif time.time() - used > _ABANDONED_AFTER:
            shutil.rmtree(path, ignore_errors=True)
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= bound:
            break
        if path != keep:
            _remove(path)
            total -= size


def _use(path: Path) -> tuple[float, int]:
    """When an entry was last used or written, and its bytes; now and 0 where another run has just removed it."""
    try:
        stats = [file.stat() for file in (path, *path.iterdir())]
    except OSError:
        return time.time(), 0
    return max(stat.st_mtime for stat in stats), sum(stat.st_size for stat in stats[1:])


class _UnwritableError(Exception):
    """The disk does not take an entry; says why."""


def _open(entry: Path, *, columns: Columns, notice: Callable[[str], object]) -> Cached | None:
    """The entry; None where there is none, or where there was a broken one, which is removed."""
    if not entry.is_dir():
        return None
    try:
        known = json.loads((entry / _ENTRY).read_text(encoding="utf-8"))
        for name, size in known["sizes"].items():
            if (entry / name).stat().st_size != size:
                raise ValueError(f"{name} does not have {size:,} bytes")
        arrays = {name: _map(entry / f"{name}.npy") for name in columns}
        cached = Cached(arrays, str(known["facts"]), found=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        notice(f"{entry}: is broken ({error}) and made again")
        _remove(entry)
        return None
    with suppress(OSError):
        os.utime(entry / _ENTRY)
    return cached


def _map(path: Path) -> NDArray[Any]:
    """A plain array over a memory map: `numpy.memmap` itself is slower to cut."""
    array: NDArray[Any] = np.load(path, mmap_mode="r").view(np.ndarray)
    return array


def _fill(draft: Path, pieces: Generator[Piece, None, str], *, columns: Columns) -> None:
    with ExitStack() as stack:
        with _writing():
            draft.mkdir(parents=True)
            files = {name: (draft / f"{name}.npy").open("xb") for name in columns}
            for file in files.values():
                stack.callback(_close, file)
            writer = _Writer(files, columns=columns)
        facts = _drain(pieces, into=writer)
        with _writing():
            writer.finish()
            for file in files.values():
                file.flush()
                os.fsync(file.fileno())
    with _writing():
        sizes = {f"{name}.npy": (draft / f"{name}.npy").stat().st_size for name in columns}
        (draft / _ENTRY).write_text(json.dumps({"sizes": sizes, "facts": facts}), encoding="utf-8")


def _in_memory(pieces: Generator[Piece, None, str], *, columns: Columns) -> Cached:
    writer = _Writer({name: BytesIO() for name in columns}, columns=columns)
    facts = _drain(pieces, into=writer)
    return Cached(writer.in_memory(), facts, found=False)


def _drain(pieces: Generator[Piece, None, str], *, into: _Writer) -> str:
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            return str(end.value)
        with _writing():
            into.append(piece)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _UnwritableError(error.strerror or type(error).__name__) from error


def _rename(draft: Path, entry: Path) -> None:
    """Where another run was first, its entry stays."""
    try:
        draft.rename(entry)
    except OSError:
        if not entry.is_dir():
            raise


def _close(file: BufferedIOBase) -> None:
    """Close a file that was synchronised, or one that goes anyway: a full disk is no news any more."""
    with suppress(OSError):
        file.close()


def _remove(entry: Path) -> None:
    """Remove an entry so that nobody finds half of it. Who has it open keeps it, where the system allows that."""
    with temporary_beside(entry) as doomed, suppress(OSError):
        entry.rename(doomed)


class _Writer:
    """Writes pieces into one file for each column, in numpy's format."""

    def __init__(self, files: Mapping[str, BufferedIOBase], *, columns: Columns) -> None:
        self._columns = {name: _Column(files[name], dtype) for name, dtype in columns.items()}

    def append(self, piece: Piece) -> None:
        for name, values in piece.items():
            self._columns[name].extend(values)

    def finish(self) -> None:
        """Write the lengths, which are known only now, into the files' heads."""
        for column in self._columns.values():
            column.finish()

    def in_memory(self) -> dict[str, NDArray[Any]]:
        """What was written, where the files are ``BytesIO``; without a copy."""
        return {name: column.in_memory() for name, column in self._columns.items()}


class _Column:
    """One flat array that grows in a file. numpy leaves room in a file's head for the length to grow."""

    def __init__(self, file: BufferedIOBase, dtype: type[np.integer[Any]] | np.dtype[np.generic]) -> None:
        self.length = 0
        self._file = file
        self._dtype = np.dtype(dtype)
        self._head = self._write_head()

    def extend(self, values: NDArray[np.generic]) -> None:
        self._file.write(values.astype(self._dtype).tobytes())
        self.length += len(values)

    def finish(self) -> None:
        self._file.seek(0)
        if self._write_head() != self._head:
            raise AssertionError("the head of a numpy file has grown over its data")

    def in_memory(self) -> NDArray[Any]:
        assert isinstance(self._file, BytesIO)
        return np.frombuffer(self._file.getbuffer(), dtype=self._dtype, offset=self._head)

    def _write_head(self) -> int:
        fields = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": (self.length,)}
        npy.write_array_header_1_0(self._file, fields)
        return self._file.tell()
