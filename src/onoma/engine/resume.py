"""Whether a run may go on from where another has stopped."""

from __future__ import annotations

from pathlib import Path

import torch

from onoma.bundle import OutputFolder
from onoma.engine.dtype import Dtype, DtypeName, choose_dtype
from onoma.engine.events import Listener, Notice
from onoma.engine.identity import Identity, differences, read_identity, write_identity
from onoma.errors import InputError


def settings_of_run(output: Path) -> dict[str, object] | None:
    """The configuration with which the unfinished run in an output folder began; None where there is none.

    Raises:
        InputError: it cannot be read.
    """
    identity = read_identity(OutputFolder(output).run)
    return None if identity is None else identity.settings


def dtype_of_run(wanted: DtypeName, *, device: torch.device, folder: Path | None) -> Dtype:
    """The dtype in which the run in the folder began; a measurement may come out differently the second time."""
    before = None if folder is None else read_identity(folder)
    if before is None or wanted != "auto":
        return choose_dtype(wanted, device=device)
    return Dtype(before.dtype, "as in the unfinished run")


def check_resumable(identity: Identity, folder: Path, *, accept_changes: bool, on_event: Listener) -> None:
    """Make a folder that of this run, or check that it is.

    Raises:
        InputError: it is that of a run with other settings, data or versions; names them all.
    """
    before = read_identity(folder)
    found = [] if before is None else differences(before, identity)
    changes = [difference.text for difference in found if not difference.harmless]
    if changes and not accept_changes:
        raise InputError(
            f"{folder.parent}: the unfinished run differs from this one:\n"
            + "".join(f"  {change}\n" for change in changes)
            + "use the former settings, or pass --accept-changes to continue anyway, or --overwrite to start again"
        )
    for difference in found:
        effect = "" if difference.harmless else " (accepted)"
        on_event(Notice(f"changed since the run began: {difference.text}{effect}"))
    write_identity(identity, folder)
