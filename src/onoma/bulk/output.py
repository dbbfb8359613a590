"""Where a job's output goes, what is in the way, and where the job lives until it is done.

::

    entities.jsonl               the output, a file; appears whole
    entities.jsonl.dead.jsonl    the rows that could not be tagged, where there are any
    entities.jsonl.unfinished/   journal.jsonl, parts/ and dead/; gone when the job is done

An output folder is ``parts/`` itself, renamed.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from onoma.bulk.sources import Input
from onoma.bulk.writers import WRITERS, OutputFormat
from onoma.errors import InputError
from onoma.io.compression import need_compression
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

    def check_free(self) -> None:
        """Check that nothing exists at the output's path.

        Raises:
            InputError: something does.
        """
        for path in (self.path, self.letters):
            if path.exists() and not (path.is_dir() and not any(path.iterdir())):
                raise InputError(f"{path}: exists already; pass --overwrite to replace it, or name another output")

    def check_replaceable(self) -> None:
        """Check that what exists at the output's path may be replaced.

        Raises:
            InputError: it is a folder that holds other things than parts.
        """
        if self.path.is_dir() and not all(_PART.fullmatch(path.name) for path in self.path.iterdir()):
            raise InputError(f"{self.path}: the folder has files that are not parts of an output; choose another one")

    def clear(self) -> None:
        """Remove the old output where a rename cannot replace it."""
        if self.folder and self.path.is_dir():
            shutil.rmtree(self.path)
        self.letters.unlink(missing_ok=True)


def choose_output(named: str | os.PathLike[str], *, to: str | None, inputs: tuple[Input, ...]) -> Output:
    """What is meant by an output: a folder where it is one or ends with a slash, else a file.

    Args:
        named: as the caller wrote it.
        to: `jsonl`, `csv` or `parquet`; by the file's suffix, or for a folder by the input, where not said.

    Raises:
        InputError: the format cannot be determined, or cannot be written.
    """
    path = Path(named)
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
        letters=path.with_name(f"{path.name}.dead.jsonl"),
        work=path.with_name(f"{path.name}.unfinished"),
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
