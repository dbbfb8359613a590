"""Examples on disk: made once, found again by the content they were made from, and read as memory maps.

An entry is a folder of four arrays and ``entry.json``, which knows the arrays' sizes and whatever else the maker wants
to find again. It is written under another name and then renamed, so that a run that dies leaves no half of one. This
module does not know how examples are made.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onoma.io.files import temporary_beside
from onoma.machine import cache_folder
from onoma.training.examples import Example
from onoma.training.flat import Examples, ExampleWriter

Build = Callable[[], Generator[Example, None, str]]
"""Streams examples, and returns what else a later run needs to know of them, as text."""

FORMAT = 2
"""Version of an entry's layout; part of every key."""

BOUND = 20 * 2**30
"""Bytes that all entries together may take; beyond it those go that were not used for longest."""

_ARRAYS = ("ids", "targets", "edges", "offsets")
_ENTRY = "entry.json"
_FOLDER = "examples"
_ABANDONED_AFTER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Cached:
    """What the cache gave.

    Attributes:
        examples: memory maps, or arrays in memory where the disk could not take them.
        facts: the text that the maker returned.
        found: whether they were there already.
    """

    examples: Examples
    facts: str
    found: bool


def cached_examples(
    key: str, *, build: Build, notice: Callable[[str], object], folder: Path | None = None, bound: int = BOUND
) -> Cached:
    """Find the examples of a key, or make them.

    Several processes may ask for the same key at once: each makes the entry, and the first to finish keeps it.

    Args:
        key: everything that the examples depend on, as text of any length.
        build: makes the examples; called a second time where the disk is full.
        notice: called with what the user should know: a broken entry, a full disk.
        folder: where entries are stored; ``examples`` in the user's cache by default.
        bound: bytes that all entries together may take; the newest stays in any case.
    """
    folder = folder or cache_folder(_FOLDER)
    entry = folder / hashlib.sha256(f"{FORMAT}\n{key}".encode()).hexdigest()[:32]
    found = _open(entry, notice=notice)
    if found is not None:
        return found
    try:
        with temporary_beside(entry) as draft:
            _fill(draft, build())
            with _writing():
                _rename(draft, entry)
    except _UnwritableError as error:
        notice(f"{folder}: examples cannot be kept there ({error}), so they are kept in memory")
        return _in_memory(build())
    prune(folder, bound=bound, keep=entry)
    made = _open(entry, notice=notice)
    return _in_memory(build()) if made is None else Cached(made.examples, made.facts, found=False)


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


def _open(entry: Path, *, notice: Callable[[str], object]) -> Cached | None:
    """The entry; None where there is none, or where there was a broken one, which is removed."""
    if not entry.is_dir():
        return None
    try:
        known = json.loads((entry / _ENTRY).read_text(encoding="utf-8"))
        for name, size in known["sizes"].items():
            if (entry / name).stat().st_size != size:
                raise ValueError(f"{name} does not have {size:,} bytes")
        examples = Examples(*(_map(entry / f"{name}.npy") for name in _ARRAYS))
        cached = Cached(examples, str(known["facts"]), found=True)
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


def _fill(draft: Path, examples: Generator[Example, None, str]) -> None:
    with ExitStack() as stack:
        with _writing():
            draft.mkdir(parents=True)
            files = [(draft / f"{name}.npy").open("xb") for name in _ARRAYS]
            for file in files:
                stack.callback(_close, file)
            writer = ExampleWriter(*files)
        facts = _drain(examples, into=writer)
        with _writing():
            writer.finish()
            for file in files:
                file.flush()
                os.fsync(file.fileno())
    with _writing():
        sizes = {f"{name}.npy": (draft / f"{name}.npy").stat().st_size for name in _ARRAYS}
        (draft / _ENTRY).write_text(json.dumps({"sizes": sizes, "facts": facts}), encoding="utf-8")


def _in_memory(examples: Generator[Example, None, str]) -> Cached:
    writer = ExampleWriter(BytesIO(), BytesIO(), BytesIO(), BytesIO())
    facts = _drain(examples, into=writer)
    return Cached(writer.in_memory(), facts, found=False)


def _drain(examples: Generator[Example, None, str], *, into: ExampleWriter) -> str:
    while True:
        try:
            example = next(examples)
        except StopIteration as end:
            return str(end.value)
        with _writing():
            into.append(example)


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
