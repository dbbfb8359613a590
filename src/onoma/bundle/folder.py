"""Output folder of a training run: it holds the files of the unfinished run, and then the complete result.

::

    OUTPUT/                 the result; an existing result is kept until the new one is complete
    OUTPUT/unfinished/      the run: onoma.lock, checkpoints/ and other files of training; removed when the run is over

The result is a bundle or a pre-trained encoder. It is complete if the folder contains its marker file. This module
knows where files are, but not what they contain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onoma.bundle.manifest import MANIFEST
from onoma.errors import InputError
from onoma.io.files import DRAFT, fsync_path, remove, temporary_beside
from onoma.io.lock import locked

CHECKPOINTS = "checkpoints"
HISTORY = "history.jsonl"
PRETRAINING = "pretraining.json"
"""Marker file of a pre-trained encoder; the marker file of a bundle is its manifest."""

ADAPTED = "adapted"
"""Subfolder of a run: the output folder of the pre-training that adapts the encoder before fine-tuning."""

_RUN_FOLDER = "unfinished"
_LOCK_FILE = "onoma.lock"


class OutputFolder:
    """The paths of an output folder, and the state of its run and result.

    Args:
        folder: folder of the result.
        mark: name of the marker file, which only a complete result contains.

    Attributes:
        folder: folder of the result.
        run: folder of the unfinished run.
        lock: lock file in ``run``; held by the process that writes to the output folder.
        checkpoints: folder of checkpoints in ``run``; if it is not empty, the run can be resumed.
    """

    def __init__(self, folder: Path, *, mark: str = MANIFEST) -> None:
        self.folder = folder
        self.mark = mark
        self.run = folder / _RUN_FOLDER
        self.lock = self.run / _LOCK_FILE
        self.checkpoints = self.run / CHECKPOINTS
        self._complete_folder = self.run / "bundle"

    @property
    def begun(self) -> bool:
        """Whether the folder contains an unfinished run that can be resumed."""
        return any(self.checkpoints.glob("[!.]*")) or self.complete or any((self.run / ADAPTED).glob("[!.]*"))

    @property
    def complete(self) -> bool:
        """Whether a run died while its complete result was being moved into its place; see :meth:`finish`."""
        return (self._complete_folder / self.mark).is_file()

    @property
    def has_result(self) -> bool:
        """Whether the folder contains a complete result."""
        return (self.folder / self.mark).is_file()

    @contextmanager
    def new_bundle(self, *, last: bool) -> Iterator[Path]:
        """Yield a draft folder, whose content replaces the result afterwards; after an error, the draft is removed.

        Args:
            last: whether the run is over. If not, its checkpoints are kept.
        """
        for leftover in self.run.glob(f".*{DRAFT}"):
            remove(leftover)
        with temporary_beside(self._complete_folder) as draft:
            draft.mkdir()
            yield draft
            for path in draft.rglob("*"):  # the new result must be on disk before the old one is removed
                fsync_path(path)
            if last:
                draft.rename(self._complete_folder)
                self.finish()
            else:
                self._move(draft)

    def finish(self) -> None:
        """Move the complete result into its place; afterwards the run can no longer be resumed."""
        self._move(self._complete_folder)
        for leftover in (self.checkpoints, self.run / ADAPTED):
            if leftover.is_dir():
                leftover.rename(self.run / f"old {leftover.name}")

    def clear(self) -> None:
        """Remove the unfinished run."""
        for path in list(self.run.iterdir()):
            if not path.name.startswith(_LOCK_FILE):
                remove(path)

    def _move(self, source: Path) -> None:
        """Replace the result. The marker file is removed first and moved last, so that no partial result has one."""
        if self.has_result:
            (self.folder / self.mark).unlink()
            for path in list(self.folder.iterdir()):
                if path != self.run:
                    remove(path)
        for path in sorted(source.iterdir(), key=lambda path: path.name == self.mark):
            target = self.folder / path.name
            if target.is_dir():
                remove(target)
            path.replace(target)


@contextmanager
def open_output(
    folder: Path, *, overwrite: bool = False, resume: bool = False, mark: str = MANIFEST
) -> Iterator[OutputFolder]:
    """Lock an output folder for one run. A run that fails before its first checkpoint leaves no files.

    Args:
        folder: the output folder, which is created if it does not exist.
        overwrite: whether to replace a result once the new one is complete, and to discard an unfinished run at once.
        resume: whether to continue an unfinished run, if there is one.
        mark: name of the marker file, which only a complete result contains.

    Raises:
        InputError: the folder cannot be used, or another process uses it. The message says what to do.
    """
    output = OutputFolder(folder, mark=mark)
    _check_folder(output)
    existed = folder.is_dir()
    try:
        with locked(output.lock):
            try:
                _check_run(output, overwrite=overwrite, resume=resume)
                yield output
            finally:
                if not output.begun:
                    output.clear()
    finally:
        _remove_empty_folders(output, existed=existed)


def _check_folder(output: OutputFolder) -> None:
    folder = output.folder
    if folder.is_file():
        raise InputError(f"{folder}: this is a file; name a folder to write to")
    is_own_folder = output.has_result or output.begun or output.lock.is_file()
    if not is_own_folder and folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder}: the output folder is not empty and has no model; choose another one")


def _check_run(output: OutputFolder, *, overwrite: bool, resume: bool) -> None:
    if overwrite and resume:
        raise InputError("--resume continues a run and --overwrite discards it; pass one of them")
    if output.begun:
        if not overwrite and not resume:
            raise InputError(
                f"{output.folder}: the output folder has an unfinished run; pass --resume to continue it, "
                "--overwrite to start again, or choose another folder"
            )
        if resume:
            return
    elif output.has_result and resume:
        raise InputError(f"{output.folder}: the output folder has a finished model, so there is nothing to resume")
    elif output.has_result and not overwrite:
        raise InputError(
            f"{output.folder}: the output folder has a model; pass --overwrite to replace it, or choose another folder"
        )
    output.clear()


def _remove_empty_folders(output: OutputFolder, *, existed: bool) -> None:
    """Remove the folders of the run and of the output if they are empty; an output that existed before is kept."""
    with suppress(OSError):
        output.run.rmdir()
        if not existed:
            output.folder.rmdir()
