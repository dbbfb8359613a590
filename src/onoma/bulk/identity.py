"""Identity of a job: the settings and files that determine its output, and checks of whether they have changed."""

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
class InputIdentity:
    """Identity of an input file.

    Attributes:
        name: path of the file, and how it is read.
        digest: SHA-256 of its content.
        rows: number of rows, blank ones included.
    """

    name: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobIdentity:
    """Everything that determines the bytes of a job's output.

    Attributes:
        settings: the model, the versions and the options, by name.
        inputs: the input files, in order.
    """

    settings: Mapping[str, str]
    inputs: tuple[InputIdentity, ...]

    def changes(self, now: JobIdentity) -> dict[str, str]:
        """Return the differences between this identity and a newer one, by name, as readable text."""
        return changes(self._describe(), now._describe())

    def replaced(self, now: JobIdentity) -> list[int] | None:
        """Return the indices of the inputs whose content has changed, or None if anything else differs."""
        names = [input.name for input in self.inputs]
        if self.settings != now.settings or names != [input.name for input in now.inputs]:
            return None
        pairs = enumerate(zip(self.inputs, now.inputs, strict=True))
        return [index for index, (before, after) in pairs if before != after]

    def _describe(self) -> dict[str, str]:
        inputs = enumerate(self.inputs, start=1)
        files = {f"input {number}": f"{input.name}, {input.digest[:16]}" for number, input in inputs}
        return {**self.settings, **files}


def identify_input(source: Source[object], *, stamp: str) -> InputIdentity:
    """Return the identity of a file, which is read twice: once for its digest and once to count its rows.

    Args:
        source: the file.
        stamp: stamp of the file, taken before any of it was read.

    Raises:
        CorpusError: the file cannot be read to its end.
        InputError: the file has changed while it was read.
    """
    input = source.input
    details = (
        f"{input.format}, {input.options}" if input.kind == "corpus" else f"{input.column}, {input.options.encoding}"
    )
    digest, rows = input.digest, source.count()
    if input.stamp != stamp:
        raise InputError(f"{input.path}: has changed while it was read; run the command again when it is complete")
    return InputIdentity(name=f"{input.path} as {input.kind} ({details})", digest=digest, rows=rows)


def check_unchanged(inputs: Sequence[Input], identity: JobIdentity) -> None:
    """Check that the content of all files is the same as when the job was planned.

    Raises:
        UnfinishedError: a file has changed.
    """
    for input, planned in zip(inputs, identity.inputs, strict=True):
        if input.digest != planned.digest:
            raise UnfinishedError(f"{input.path} has changed since the job began, so the output was not written")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """Identity of a model.

    Attributes:
        stamp: inode, size and times of each file, which change when the file is written to or replaced.
        digest: start of the SHA-256 of the files that determine the model's predictions.
    """

    stamp: tuple[tuple[int, ...], ...]
    digest: str

    @classmethod
    def of(cls, folder: Path) -> ModelIdentity:
        """Return the identity of the model in a folder."""
        files = _model_files(folder)
        stamp = _compute_stamp(files)
        digests = "".join(file_digest(file) for file in files)
        return cls(stamp=stamp, digest=hashlib.sha256(digests.encode()).hexdigest()[:16])

    def is_still(self, folder: Path) -> bool:
        """Return whether the folder still has this model; its files are read only if their stamp has changed."""
        return _compute_stamp(_model_files(folder)) == self.stamp or ModelIdentity.of(folder).digest == self.digest


def _model_files(folder: Path) -> list[Path]:
    return [
        folder / name for name in (MANIFEST, TOKENIZER, ARRAYS, *sorted(path.name for path in folder.glob("*.onnx*")))
    ]


def _compute_stamp(files: Sequence[Path]) -> tuple[tuple[int, ...], ...]:
    stats = (path.stat() for path in files if path.exists())
    return tuple((stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for stat in stats)
