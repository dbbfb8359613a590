"""Checkpoints on disk: whole or not there, and known to be undamaged before they are used.

A file's name holds its place in the row, its step and the digest of its content. It is written under another name,
synchronised and renamed, so that no death of the process leaves half of one. This module does not know what is in them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch

from onoma.errors import TrainingError
from onoma.io.files import DRAFT, synchronise, temporary_beside

_NAME = re.compile(r"(?P<place>\d{6})-step-(?P<step>\d+)-(?P<digest>[0-9a-f]{32})\.pt")


class Checkpoints:
    """The checkpoints of a run.

    Args:
        folder: where they are stored; made with the first.
        keep: how many of the newest are kept.
    """

    def __init__(self, folder: Path, *, keep: int = 2) -> None:
        self.folder = folder
        self._keep = keep

    def write(self, state: Mapping[str, object], *, step: int) -> None:
        """Write a checkpoint and remove the oldest.

        Args:
            state: tensors and plain values in dictionaries and lists.
            step: for people to see.

        Raises:
            OSError: it cannot be written; the earlier ones are kept.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        found = self._found()
        place = found[-1].place + 1 if found else 1
        for left in self.folder.glob(f".*{DRAFT}"):
            left.unlink()
        with temporary_beside(self.folder / f"{place:06}") as draft:
            with draft.open("xb") as file:
                digest = _save(state, file)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.folder / f"{place:06}-step-{step}-{digest}.pt")
        synchronise(self.folder)
        for old in self._found()[: -self._keep]:
            with suppress(OSError):
                old.path.unlink()

    def read_newest(self, *, notice: Callable[[str], object]) -> dict[str, Any] | None:
        """The newest checkpoint that is undamaged; damaged ones are reported and removed. None if there never was one.

        Raises:
            TrainingError: all are damaged.
        """
        found = self._found()
        for checkpoint in reversed(found):
            state = checkpoint.read()
            if state is not None:
                return state
            notice(f"{checkpoint.path}: this checkpoint is damaged; the run continues from the one before it")
        if found:
            raise TrainingError(f"{self.folder}: every checkpoint is damaged; pass --overwrite to start again")
        return None

    @property
    def last_step(self) -> int | None:
        """The step of the newest checkpoint."""
        found = self._found()
        return found[-1].step if found else None

    def _found(self) -> list[_Checkpoint]:
        if not self.folder.is_dir():
            return []
        matches = [(path, _NAME.fullmatch(path.name)) for path in self.folder.iterdir()]
        return sorted(
            (
                _Checkpoint(int(match["place"]), int(match["step"]), match["digest"], path)
                for path, match in matches
                if match
            ),
            key=lambda checkpoint: checkpoint.place,
        )


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    place: int
    step: int
    digest: str
    path: Path

    def read(self) -> dict[str, Any] | None:
        """What is in it; None where it is damaged, and then it is removed."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[: len(self.digest)]
            file.seek(0)
            if digest == self.digest:
                return cast("dict[str, Any]", torch.load(file, map_location="cpu", weights_only=True))
        self.path.unlink()
        return None


class _Sink:
    """Hands on what torch writes, and remembers what became of it."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self.error: OSError | None = None
        self._file = file

    def write(self, block: bytes | memoryview) -> int:
        self.digest.update(block)
        try:
            return self._file.write(block)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def _save(state: Mapping[str, object], file: BinaryIO) -> str:
    """Write a state as it comes, without a copy of it in memory.

    Returns:
        The beginning of its SHA-256.
    """
    sink = _Sink(file)
    try:
        torch.save(dict(state), cast("BinaryIO", sink))
    except RuntimeError as error:
        # torch reports only that a write was incomplete.
        if sink.error is not None:
            raise sink.error from error
        raise
    return sink.digest.hexdigest()[:32]
