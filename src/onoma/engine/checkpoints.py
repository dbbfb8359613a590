"""Checkpoint files, which are written atomically and verified before they are loaded.

The name of a file contains its sequence number, its step and the digest of its content. The file is written under a
temporary name, synchronised to disk and renamed, so that a process that dies never leaves an incomplete checkpoint.
This module does not depend on the content of the checkpoints.
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
from onoma.io.files import DRAFT, fsync_path, temporary_beside

_FILE_NAME = re.compile(r"(?P<place>\d{6})-step-(?P<step>\d+)-(?P<digest>[0-9a-f]{32})\.pt")


class Checkpoints:
    """The checkpoint files of a run.

    Args:
        folder: folder of the checkpoints; it is created with the first one.
        keep: number of the newest checkpoints to keep.
    """

    def __init__(self, folder: Path, *, keep: int = 2) -> None:
        self.folder = folder
        self._keep = keep

    def write(self, state: Mapping[str, object], *, step: int) -> None:
        """Write a checkpoint and remove the oldest ones.

        Args:
            state: tensors and plain values, in dictionaries and lists.
            step: number of the step, which is shown in the file name and in messages.

        Raises:
            OSError: the checkpoint cannot be written; earlier checkpoints are kept.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        checkpoints = self._list_checkpoints()
        number = checkpoints[-1].place + 1 if checkpoints else 1
        for leftover in self.folder.glob(f".*{DRAFT}"):
            leftover.unlink()
        with temporary_beside(self.folder / f"{number:06}") as draft:
            with draft.open("xb") as file:
                digest = _save(state, file)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.folder / f"{number:06}-step-{step}-{digest}.pt")
        fsync_path(self.folder)
        for old in self._list_checkpoints()[: -self._keep]:
            with suppress(OSError):
                old.path.unlink()

    def read_newest(self, *, notice: Callable[[str], object]) -> dict[str, Any] | None:
        """Return the content of the newest undamaged checkpoint; None if no checkpoint exists.

        Damaged checkpoints are reported and removed.

        Args:
            notice: function called with a message about each damaged checkpoint.

        Raises:
            TrainingError: all checkpoints are damaged.
        """
        checkpoints = self._list_checkpoints()
        for checkpoint in reversed(checkpoints):
            state = checkpoint.read()
            if state is not None:
                return state
            notice(f"{checkpoint.path}: this checkpoint is damaged; the run continues from the one before it")
        if checkpoints:
            raise TrainingError(f"{self.folder}: every checkpoint is damaged; pass --overwrite to start again")
        return None

    @property
    def last_step(self) -> int | None:
        """Step of the newest checkpoint; None if no checkpoint exists."""
        checkpoints = self._list_checkpoints()
        return checkpoints[-1].step if checkpoints else None

    def _list_checkpoints(self) -> list[_Checkpoint]:
        if not self.folder.is_dir():
            return []
        matches = [(path, _FILE_NAME.fullmatch(path.name)) for path in self.folder.iterdir()]
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
        """Return the content of the checkpoint; None if it is damaged. A damaged file is removed."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[: len(self.digest)]
            file.seek(0)
            if digest == self.digest:
                return cast("dict[str, Any]", torch.load(file, map_location="cpu", weights_only=True))
        self.path.unlink()
        return None


class _DigestWriter:
    """A file wrapper that computes the digest of the data written, and keeps the ``OSError`` of a failed write."""

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
    """Stream a state to a file, without a serialized copy in memory.

    Returns:
        The first 32 hexadecimal digits of the SHA-256 of the data written.
    """
    writer = _DigestWriter(file)
    try:
        torch.save(dict(state), cast("BinaryIO", writer))
    except RuntimeError as error:
        # torch only reports that a write was incomplete, so raise the original error
        if writer.error is not None:
            raise writer.error from error
        raise
    return writer.digest.hexdigest()[:32]
