"""Notes what each Python process does with files, sockets and processes, if it has this folder in its path.

The notes go to the file that ``ONOMA_NOTES`` names, an object of JSON a line.
"""

from __future__ import annotations

import json
import os
import sys

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_READ = frozenset({"os.listdir", "os.scandir"})
_WRITTEN = frozenset(
    {"os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.chown", "os.utime", "sqlite3.connect"}
)
_WRITTEN_BOTH = frozenset({"os.rename", "os.link", "os.symlink"})
_STARTED = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty"})


def _note(handle: int, **fields: object) -> None:
    os.write(handle, json.dumps(fields, default=repr).encode() + b"\n")


def _begin(path: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(event: str, place: object) -> None:
        if isinstance(place, str | bytes | os.PathLike):  # else it is open already
            _note(handle, event=event, path=os.path.realpath(os.fsdecode(place)))

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            place, _, flags = arguments
            note("write" if isinstance(flags, int) and flags & _WRITING else "read", place)
        elif event in _READ:
            note("read", arguments[0])
        elif event in _WRITTEN or event in _WRITTEN_BOTH:
            for place in arguments[: 2 if event in _WRITTEN_BOTH else 1]:
                note("write", place)
        elif event.startswith("socket.") or event in _STARTED:
            _note(handle, event=event, arguments=[repr(argument) for argument in arguments])

    sys.addaudithook(hear)


if "ONOMA_NOTES" in os.environ:
    _begin(os.environ["ONOMA_NOTES"])
