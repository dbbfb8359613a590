"""Where a job's output goes, what is in the way, and where the job lives until it is done.

::

    entities.jsonl               the output, a file; appears whole
    entities.jsonl.dead.jsonl    the rows that could not be tagged, where there are any
    entities.jsonl.unfinished/   journal.jsonl, parts/, dead/ and what is ready to be moved; gone when the job is done

An output folder is ``parts/`` itself, renamed. Nothing is removed but what the job has written, and what was at the
output's place and may be replaced.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from onoma.bulk.sources import Input
from onoma.bulk.writers import WRITERS, OutputFormat
from onoma.errors import InputError
from onoma.io.compression import need_compression
from onoma.io.files import DRAFT, is_special
from onoma.io.suffixes import COMPRESSIONS, named_format

_PART = re.compile(r"part-\d+\.(jsonl|csv|parquet)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a job will leave.

    Attributes:
        path: the file, or the folder of parts.
        target: what is in it.
        folder: whether it is a folder.
        letters: the file of dead letters.
        work: the folder of the unfinished job.
    """

    path: Path
    target: OutputFormat
    folder: bool
    letters: Path
    work: Path

    @property
    def compression(self) -> str:
        """The suffix of the compression of a file; else empty."""
        suffix = self.path.suffix.lower()
        return suffix if suffix in COMPRESSIONS and not self.folder else ""

    def check_place(self, *, overwrite: bool) -> None:
        """Check that what is at the output's place may be replaced, if anything is there.

        Args:
            overwrite: whether files, and folders that hold parts alone, may be replaced.

        Raises:
            InputError: it may not.
        """
        for path in (self.path, self.letters):
            if not os.path.lexists(path) or (self.folder and path == self.path and is_empty_folder(path)):
                continue
            if is_special(path):
                raise InputError(f"{path}: is a device or a pipe; name a file or a folder to write to")
            if not overwrite:
                raise InputError(f"{path}: exists already; pass --overwrite to replace it, or name another output")
            if path.is_dir() != (self.folder and path == self.path):
                found, wanted = ("folder", "file") if path.is_dir() else ("file", "folder")
                raise InputError(f"{path}: is a {found}, the output is a {wanted}; remove it, or name another output")
            if path.is_dir() and (strangers := [each for each in path.iterdir() if not _PART.fullmatch(each.name)]):
                raise InputError(
                    f"{path}: the folder has files that are not parts of an output, such as {strangers[0].name}; "
                    "choose another one"
                )

    def check_folder(self) -> None:
        """Check that parts can become the output folder by being renamed.

        Raises:
            InputError: they cannot.
        """
        if self.folder and self.path.is_symlink():
            raise InputError(f"{self.path}: is a link to a folder; name the folder itself, {self.path.resolve()}")
        if self.folder and os.path.ismount(self.path):
            raise InputError(
                f"{self.path}: a file system is mounted there; name a new folder in it, {self.path}/tagged/"
            )


def is_empty_folder(path: Path) -> bool:
    """Whether there is a folder with nothing in it."""
    return path.is_dir() and not path.is_symlink() and next(path.iterdir(), None) is None


def remove_parts(folder: Path) -> None:
    """Remove the parts in a folder, whole ones and drafts, and the folder if nothing else is in it."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in folder.iterdir():
        if _PART.fullmatch(path.name) or is_draft(path):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()


def is_draft(path: Path) -> bool:
    """Whether a file is what a death has left of one that was being written."""
    return path.name.startswith(".") and path.name.endswith(DRAFT)


def places_of(named: str | os.PathLike[str]) -> Sequence[Path]:
    """Everything that an output of this name may leave or need: the output, the dead letters and the job's folder.

    Raises:
        InputError: it is no name of a file or a folder.
    """
    path = Path(named)
    if path.name in ("", ".."):
        raise InputError(f"--output {os.fspath(named)!r}: is no name; name a file, or a new folder as in tagged/")
    return path, path.with_name(f"{path.name}.dead.jsonl"), path.with_name(f"{path.name}.unfinished")


def choose_output(named: str | os.PathLike[str], *, to: str | None, inputs: tuple[Input, ...]) -> Output:
    """What is meant by an output: a folder where it is one or ends with a slash, else a file.

    Args:
        named: as the caller wrote it.
        to: `jsonl`, `csv` or `parquet`; by the file's suffix, or for a folder by the input, where not said.

    Raises:
        InputError: the format cannot be determined, or cannot be written.
    """
    path, letters, work = places_of(named)
    folder = is_folder(named)
    target = _target(path, folder=folder, to=to, inputs=inputs)
    if not folder:
        need_compression(path.suffix.lower())
        if target == "parquet" and path.suffix.lower() in COMPRESSIONS:
            raise InputError(f"{path}: Parquet has its own compression; the file name must end in .parquet")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: the folder does not exist; create it first")
    return Output(
        path=path,
        target=target,
        folder=folder,
        letters=letters,
        work=work,
    )


def is_folder(named: str | os.PathLike[str]) -> bool:
    """Whether an output is a folder, or will be one."""
    return os.fspath(named).endswith(("/", os.sep)) or Path(named).is_dir()


def _target(path: Path, *, folder: bool, to: str | None, inputs: tuple[Input, ...]) -> OutputFormat:
    if folder and to is None:
        kinds = {input.kind for input in inputs}
        return "parquet" if kinds == {"parquet"} else "csv" if kinds == {"csv"} else "jsonl"
    named = to or named_format(path)
    for target in WRITERS:
        if target == named:
            return target
    if to is not None:
        raise InputError(f"--to {to}: unknown output; choose one of {', '.join(WRITERS)}")
    raise InputError(f"{path}: the suffix is none of {', '.join(WRITERS)}; choose one with --to")
