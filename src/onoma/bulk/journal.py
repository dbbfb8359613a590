"""The journal of a job: its identity and its finished shards.

The first line holds the job's identity. Each further line records a finished shard and is written after the shard's
file. A line counts only when it is completely on disk: a line left incomplete by a crash is removed, and its shard is
processed again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from onoma.bulk.identity import JobIdentity
from onoma.bulk.shard import FinishedShard
from onoma.errors import InputError
from onoma.io.files import fsync_path, replacing_bytes

_FORMAT_VERSION = 2
_FINISHED_RECORD = {"finished": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHeader:
    """The first line of a journal.

    Attributes:
        format: version of the journal's format.
        identity: identity of the job.
        overwrite: whether the caller has allowed the job to replace existing output.
    """

    format: int
    identity: JobIdentity
    overwrite: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalContent:
    """Content of a journal.

    Attributes:
        header: the first line.
        done: the finished shards.
        finished: whether the output is complete, so that only cleaning up is left.
    """

    header: JournalHeader
    done: list[FinishedShard] = field(default_factory=list)
    finished: bool = False


class Journal:
    """The journal in a job's folder.

    Args:
        path: path of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    @property
    def begun(self) -> bool:
        """Whether the journal exists, and with it an unfinished job."""
        return self.path.is_file()

    def begin(self, identity: JobIdentity, *, overwrite: bool, done: Iterable[FinishedShard] = ()) -> None:
        """Write the identity of a new job, or of a resumed job whose inputs have changed, and open the journal.

        Args:
            identity: identity of the job.
            overwrite: whether the caller has allowed the job to replace existing output.
            done: shards that are already finished.
        """
        header = JournalHeader(format=_FORMAT_VERSION, identity=identity, overwrite=overwrite)
        with replacing_bytes(self.path) as file:
            file.write(_encode_line(asdict(header)))
            file.writelines(_encode_line(asdict(each)) for each in done)
        self._file = self.path.open("ab")

    def load(self) -> JournalContent:
        """Read the journal, remove everything from the first incomplete line on, and open it for appending.

        Raises:
            InputError: the file is not the journal of a job, or is one of another version.
        """
        lines = self.path.read_bytes().split(b"\n")[:-1]
        header = _parse_line(lines[0], JournalHeader) if lines else None
        if header is None or header.format != _FORMAT_VERSION:
            raise InputError(
                f"{self.path}: is not the journal of a job, or is one of another version of onoma; "
                "pass --overwrite to start again"
            )
        done, finished, valid_bytes = list[FinishedShard](), False, len(lines[0]) + 1
        for line in lines[1:]:
            shard = _parse_line(line, FinishedShard)
            if shard is not None:
                done.append(shard)
            elif line == _encode_line(_FINISHED_RECORD).strip():
                finished = True
            else:
                break
            valid_bytes += len(line) + 1
        self._file = self.path.open("r+b")
        self._file.truncate(valid_bytes)
        self._file.seek(valid_bytes)
        return JournalContent(header=header, done=done, finished=finished)

    def add(self, done: FinishedShard) -> None:
        """Record that a shard is finished."""
        self._append(asdict(done))

    def finish(self) -> None:
        """Record that the output is complete, so that only cleaning up is left."""
        self._append(_FINISHED_RECORD)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Remove the journal."""
        self.close()
        self.path.unlink(missing_ok=True)
        fsync_path(self.path.parent)

    def _append(self, record: Mapping[str, object]) -> None:
        assert self._file is not None
        self._file.write(_encode_line(record))
        self._file.flush()
        os.fsync(self._file.fileno())


def _encode_line(record: Mapping[str, object]) -> bytes:
    return json.dumps(record).encode() + b"\n"


T = TypeVar("T")


def _parse_line(line: bytes, record_type: type[T]) -> T | None:
    """Return the record of a line; None if the line is of another type or damaged."""
    try:
        return msgspec.convert(json.loads(line), record_type)
    except (ValueError, RecursionError, msgspec.ValidationError):
        return None
