"""Paths of a job's output and of its working folder, and checks of what already exists there.

::

    entities.jsonl               the output file; appears only when it is complete
    entities.jsonl.dead.jsonl    the rows that could not be tagged, if there are any
    entities.jsonl.unfinished/   journal.jsonl, parts/, dead/ and files ready to be moved; removed when the job is done

An output folder is the folder ``parts/``, renamed. Only files that the job has written, and existing output that may
be replaced, are ever removed.
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
from onoma.io.compression import check_compression_available
from onoma.io.files import DRAFT, is_special
from onoma.io.suffixes import COMPRESSIONS, named_format

_OTHER_COMPRESSIONS = (".bz2", ".xz", ".zip")
_PART_NAME = re.compile(r"part-\d+\.(jsonl|csv|tsv|parquet)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Paths and format of a job's output.

    Attributes:
        path: the output file, or the folder of parts.
        target: format of the output.
        folder: whether the output is a folder.
        letters: file of the dead letters.
        work: folder of the unfinished job.
    """

    path: Path
    target: OutputFormat
    folder: bool
    letters: Path
    work: Path

    @property
    def compression(self) -> str:
        """Suffix of the output file's compression; empty if the output is not compressed."""
        suffix = self.path.suffix.lower()
        return suffix if suffix in COMPRESSIONS and not self.folder else ""

    def check_can_write(self, *, overwrite: bool) -> None:
        """Check that anything that already exists at the output's place may be replaced.

        Args:
            overwrite: whether files, and folders that contain only parts, may be replaced.

        Raises:
            InputError: something exists there that may not be replaced.
        """
        for path in (self.path, self.letters):
            if not os.path.lexists(path) or (self.folder and path == self.path and is_empty_folder(path)):
                continue
            if is_special(path):
                raise InputError(f"{path}: is a device or a pipe; name a file or a folder to write to")
            if not overwrite:
                raise InputError(f"{path}: exists already; pass --overwrite to replace it, or name another output")
            if path.is_dir() != (self.folder and path == self.path):
                actual, expected = ("folder", "file") if path.is_dir() else ("file", "folder")
                raise InputError(
                    f"{path}: is a {actual}, the output is a {expected}; remove it, or name another output"
                )
            if path.is_dir() and (
                other_files := [each for each in path.iterdir() if not _PART_NAME.fullmatch(each.name)]
            ):
                raise InputError(
                    f"{path}: the folder has files that are not parts of an output, such as {other_files[0].name}; "
                    "choose another one"
                )

    def check_folder(self) -> None:
        """Check that the folder of parts can be renamed to the output folder.

        Raises:
            InputError: the output folder is a link or a mount point.
        """
        if self.folder and self.path.is_symlink():
            raise InputError(f"{self.path}: is a link to a folder; name the folder itself, {self.path.resolve()}")
        if self.folder and os.path.ismount(self.path):
            raise InputError(
                f"{self.path}: a file system is mounted there; name a new folder in it, {self.path}/tagged/"
            )


def is_empty_folder(path: Path) -> bool:
    """Return whether the path is an empty folder, and not a link to one."""
    return path.is_dir() and not path.is_symlink() and next(path.iterdir(), None) is None


def remove_parts(folder: Path) -> None:
    """Remove the parts and drafts in a folder, and the folder itself if nothing else is in it."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in folder.iterdir():
        if _PART_NAME.fullmatch(path.name) or is_draft(path):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()


def is_draft(path: Path) -> bool:
    """Return whether a file is an incomplete draft, left behind by a process that died while writing it."""
    return path.name.startswith(".") and path.name.endswith(DRAFT)


def output_paths(named: str | os.PathLike[str]) -> Sequence[Path]:
    """Return all paths that an output of this name may use: the output, the dead letters and the job's folder.

    Raises:
        InputError: the name is not that of a file or folder, or has the suffix of a compression that is not written.
    """
    path = Path(named)
    if path.name in ("", ".."):
        raise InputError(f"--output {os.fspath(named)!r}: is not a name; name a file, or a new folder as in tagged/")
    if path.suffix.lower() in _OTHER_COMPRESSIONS:
        raise InputError(f"{path}: is not written compressed as {path.suffix}; choose {' or '.join(COMPRESSIONS)}")
    return path, path.with_name(f"{path.name}.dead.jsonl"), path.with_name(f"{path.name}.unfinished")


def choose_output(named: str | os.PathLike[str], *, to: str | None, inputs: tuple[Input, ...]) -> Output:
    """Return the output that a name stands for: a folder if it is one or ends with a slash, else a file.

    Args:
        named: the name as the caller wrote it.
        to: `jsonl`, `csv`, `tsv` or `parquet`; None to use the file's suffix, or for a folder the kind of the inputs.
        inputs: the files to tag.

    Raises:
        InputError: the format cannot be determined or written, or the parent folder does not exist.
    """
    path, letters, work = output_paths(named)
    folder = is_folder(named)
    target = _choose_format(path, folder=folder, to=to, inputs=inputs)
    if not folder:
        check_compression_available(path.suffix.lower())
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
    """Return whether an output is a folder or will become one."""
    return os.fspath(named).endswith(("/", os.sep)) or Path(named).is_dir()


def _choose_format(path: Path, *, folder: bool, to: str | None, inputs: tuple[Input, ...]) -> OutputFormat:
    if folder and to is None:
        kinds = {input.kind for input in inputs}
        return "parquet" if kinds == {"parquet"} else "csv" if kinds == {"csv"} else "jsonl"
    format_name = to or named_format(path)
    for target in WRITERS:
        if target == format_name:
            return target
    if to is not None:
        raise InputError(f"--to {to}: unknown output; choose one of {', '.join(WRITERS)}")
    raise InputError(f"{path}: the suffix is none of {', '.join(WRITERS)}; choose one with --to")
