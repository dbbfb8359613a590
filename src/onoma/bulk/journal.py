"""The journal of a job: what it is, and which of its shards are finished. A line counts once it is wholly on disk.

The first line is the job's identity; then comes a line for each shard, after its file. A line left incomplete by
a crash is cut off, and its shard is done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from onoma.bulk.shard import Done
from onoma.errors import InputError
from onoma.io.changes import changes
from onoma.io.files import replacing_bytes, synchronise

_FORMAT = 1


class Journal:
    """The journal in a job's folder.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self.finished = False

    @property
    def begun(self) -> bool:
        """Whether there is a job to go on with."""
        return self.path.is_file()

    def begin(self, identity: Mapping[str, str]) -> None:
        """Write the identity of a new job."""
        with replacing_bytes(self.path) as file:
            file.write(_line({"format": _FORMAT, **identity}))
        self._file = self.path.open("ab")

    def take_up(self, identity: Mapping[str, str]) -> list[Done]:
        """Check that the job is the one that is asked for, and cut off what a death has torn.

        Returns:
            The finished shards, as recorded in the journal.

        Raises:
            InputError: it is another job; names what differs.
        """
        whole = self.path.read_bytes()
        lines = whole.split(b"\n")[:-1]
        before = _read(lines[0]) if lines else None
        if before is None:
            raise InputError(f"{self.path}: is not the journal of a job; pass --overwrite to start again")
        if found := changes(before, {"format": _FORMAT, **identity}):
            listed = "".join(f"  {key}: {change}\n" for key, change in found.items())
            raise InputError(
                f"{self.path.parent}: the unfinished job differs from this one:\n{listed}"
                "use the former settings, or pass --overwrite to start again"
            )
        done, length = [], len(lines[0]) + 1
        for line in lines[1:]:
            record = _read(line)
            if record is None:
                break
            length += len(line) + 1
            if "finished" in record:
                self.finished = True
            else:
                done.append(Done.of(record))
        self._file = self.path.open("r+b")
        self._file.truncate(length)
        self._file.seek(length)
        return done

    def add(self, done: Done) -> None:
        """Record that a shard is finished."""
        self._append(asdict(done))

    def finish(self) -> None:
        """Record that the output is complete, and only cleaning up is left."""
        self._append({"finished": True})

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Remove the journal."""
        self.close()
        self.path.unlink(missing_ok=True)
        synchronise(self.path.parent)

    def _append(self, record: Mapping[str, object]) -> None:
        assert self._file is not None
        self._file.write(_line(record))
        self._file.flush()
        os.fsync(self._file.fileno())


def _line(record: Mapping[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _read(line: bytes) -> dict[str, object] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
