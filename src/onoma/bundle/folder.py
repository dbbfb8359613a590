"""The output folder of a run: its result appears in it whole or not at all, and the run itself lives in it meanwhile.

::

    OUTPUT/                 the result, once there is one; an old one stays until the new one is complete
    OUTPUT/unfinished/      the run: onoma.lock, checkpoints/, and whatever else training keeps; gone when it is over

The result is a bundle, or a pre-trained encoder; a file that it must have, its mark, says that it is complete. This
module knows where files are, not what is in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onoma.bundle.manifest import MANIFEST
from onoma.errors import InputError
from onoma.io.files import DRAFT, remove, synchronise, temporary_beside
from onoma.io.lock import locked

CHECKPOINTS = "checkpoints"
HISTORY = "history.jsonl"
PRETRAINING = "pretraining.json"
"""The mark of a pre-trained encoder; that of a bundle is its manifest."""

ADAPTED = "adapted"
"""In a run: the output folder of the pre-training that comes before fine-tuning."""

_UNFINISHED = "unfinished"
_LOCK = "onoma.lock"


class OutputFolder:
    """Where a run works and what it will leave.

    Args:
        folder: the result's place.
        mark: the file by which a complete result is known.

    Attributes:
        folder: the result's place.
        run: what the run keeps while it lasts.
        lock: in ``run``; held by whoever writes to the folder.
        checkpoints: in ``run``; as long as something is in it there is something to go on with.
    """

    def __init__(self, folder: Path, *, mark: str = MANIFEST) -> None:
        self.folder = folder
        self.mark = mark
        self.run = folder / _UNFINISHED
        self.lock = self.run / _LOCK
        self.checkpoints = self.run / CHECKPOINTS
        self._complete = self.run / "bundle"

    @property
    def begun(self) -> bool:
        """Whether there is a run to go on with."""
        return any(self.checkpoints.glob("[!.]*")) or self.complete or any((self.run / ADAPTED).glob("[!.]*"))

    @property
    def complete(self) -> bool:
        """Whether a run died while its finished bundle was moved into place; see :meth:`finish`."""
        return (self._complete / self.mark).is_file()

    @property
    def holds_result(self) -> bool:
        """Whether the folder contains a complete result."""
        return (self.folder / self.mark).is_file()

    @contextmanager
    def new_bundle(self, *, last: bool) -> Iterator[Path]:
        """Fill a folder whose content takes the bundle's place when all went well, and goes when not.

        Args:
            last: whether the run is over. Otherwise its checkpoints stay.
        """
        for left in self.run.glob(f".*{DRAFT}"):
            remove(left)
        with temporary_beside(self._complete) as draft:
            draft.mkdir()
            yield draft
            for path in draft.rglob("*"):  # the disk holds the new one before the old one is removed
                synchronise(path)
            if last:
                draft.rename(self._complete)
                self.finish()
            else:
                self._move(draft)

    def finish(self) -> None:
        """Move the complete bundle into its place; from here on there is nothing to go on with."""
        self._move(self._complete)
        for left in (self.checkpoints, self.run / ADAPTED):
            if left.is_dir():
                left.rename(self.run / f"old {left.name}")

    def clear(self) -> None:
        """Remove the unfinished run."""
        for path in list(self.run.iterdir()):
            if not path.name.startswith(_LOCK):
                remove(path)

    def _move(self, source: Path) -> None:
        """The mark is removed first and written last: without it a folder has no result."""
        if self.holds_result:
            (self.folder / self.mark).unlink()
            for path in list(self.folder.iterdir()):
                if path != self.run:
                    remove(path)
        for path in sorted(source.iterdir(), key=lambda path: path.name == self.mark):
            place = self.folder / path.name
            if place.is_dir():
                remove(place)
            path.replace(place)


@contextmanager
def open_output(
    folder: Path, *, overwrite: bool = False, resume: bool = False, mark: str = MANIFEST
) -> Iterator[OutputFolder]:
    """Take an output folder for one run; a run that fails before its first checkpoint leaves nothing.

    Args:
        folder: made where it does not exist.
        overwrite: replace a bundle when the new one is complete, and forget an unfinished run at once.
        resume: go on with an unfinished run, where there is one.
        mark: the file by which a complete result is known.

    Raises:
        InputError: the place is taken; with what to do.
    """
    output = OutputFolder(folder, mark=mark)
    _check_place(output)
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
        _leave(output, existed=existed)


def _check_place(output: OutputFolder) -> None:
    folder = output.folder
    if folder.is_file():
        raise InputError(f"{folder}: this is a file; name a folder to write to")
    ours = output.holds_result or output.begun or output.lock.is_file()
    if not ours and folder.is_dir() and any(folder.iterdir()):
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
    elif output.holds_result and resume:
        raise InputError(f"{output.folder}: the output folder has a finished model, so there is nothing to resume")
    elif output.holds_result and not overwrite:
        raise InputError(
            f"{output.folder}: the output folder has a model; pass --overwrite to replace it, or choose another folder"
        )
    output.clear()


def _leave(output: OutputFolder, *, existed: bool) -> None:
    """Take away folders in which nothing is left."""
    with suppress(OSError):
        output.run.rmdir()
        if not existed:
            output.folder.rmdir()
