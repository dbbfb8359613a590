"""What a job is known by: the settings and the files that decide its bytes, and whether they are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onoma.bulk.sources import Input, Source
from onoma.bundle import ARRAYS, MANIFEST, TOKENIZER
from onoma.errors import InputError, UnfinishedError
from onoma.io.changes import changes
from onoma.io.digest import file_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownInput:
    """A file of a job.

    Attributes:
        name: its path, and how it is read.
        digest: of its content.
        rows: how many it has.
    """

    name: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobIdentity:
    """Everything that decides the bytes of a job.

    Attributes:
        settings: the model, the versions and the options, by name.
        inputs: the files, in order.
    """

    settings: Mapping[str, str]
    inputs: tuple[KnownInput, ...]

    def changes(self, now: JobIdentity) -> dict[str, str]:
        """What differs from another one, by name, for people."""
        return changes(self._described(), now._described())

    def replaced(self, now: JobIdentity) -> list[int] | None:
        """The inputs that hold something else now, by their place; None where more than that differs."""
        names = [input.name for input in self.inputs]
        if self.settings != now.settings or names != [input.name for input in now.inputs]:
            return None
        pairs = enumerate(zip(self.inputs, now.inputs, strict=True))
        return [place for place, (before, after) in pairs if before != after]

    def _described(self) -> dict[str, str]:
        inputs = enumerate(self.inputs, start=1)
        files = {f"input {number}": f"{input.name}, {input.digest[:16]}" for number, input in inputs}
        return {**self.settings, **files}


def know(source: Source[object], *, stamp: str) -> KnownInput:
    """Read a file through twice: once for its digest, once to count its rows.

    Args:
        stamp: of the file, taken before anything of it was read.

    Raises:
        CorpusError: it cannot be read to its end.
        InputError: it has changed meanwhile.
    """
    input = source.input
    how = f"{input.format}, {input.options}" if input.kind == "corpus" else f"{input.column}, {input.options.encoding}"
    digest, rows = input.digest, source.count()
    if input.stamp != stamp:
        raise InputError(f"{input.path}: has changed while it was read; run the command again when it is complete")
    return KnownInput(name=f"{input.path} as {input.kind} ({how})", digest=digest, rows=rows)


def check_unchanged(inputs: Sequence[Input], identity: JobIdentity) -> None:
    """Check that all files still hold what they held when the job was planned.

    Raises:
        UnfinishedError: one does not.
    """
    for input, known in zip(inputs, identity.inputs, strict=True):
        if input.digest != known.digest:
            raise UnfinishedError(f"{input.path} has changed since the job began, so the output was not written")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model's files.

    Attributes:
        stamp: what changes when somebody writes to them or puts others in their place.
        digest: of what the model's answers depend on.
    """

    stamp: tuple[tuple[int, ...], ...]
    digest: str

    @classmethod
    def of(cls, folder: Path) -> KnownModel:
        """The model in a folder."""
        files = _model_files(folder)
        stamp = _stamp(files)
        digests = "".join(file_digest(file) for file in files)
        return cls(stamp=stamp, digest=hashlib.sha256(digests.encode()).hexdigest()[:16])

    def is_still(self, folder: Path) -> bool:
        """Whether the folder has this model; its files are read only where it may have another one."""
        return _stamp(_model_files(folder)) == self.stamp or KnownModel.of(folder).digest == self.digest


def _model_files(folder: Path) -> list[Path]:
    return [
        folder / name for name in (MANIFEST, TOKENIZER, ARRAYS, *sorted(path.name for path in folder.glob("*.onnx*")))
    ]


def _stamp(files: Sequence[Path]) -> tuple[tuple[int, ...], ...]:
    states = (path.stat() for path in files if path.exists())
    return tuple((state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns) for state in states)
