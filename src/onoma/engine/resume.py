"""Whether a run may go on from where another has stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch

from onoma.bundle import OutputFolder
from onoma.engine.dtype import Dtype, DtypeName, choose_dtype
from onoma.engine.events import Listener, Notice
from onoma.engine.identity import RunIdentity, differences, read_identity, write_identity
from onoma.errors import InputError
from onoma.io.files import replacing

_SETTINGS = "settings.json"


def settings_of_run(output: Path) -> dict[str, object] | None:
    """The configuration with which the unfinished run in an output folder began; None where there is none.

    Raises:
        InputError: it cannot be read.
    """
    run = OutputFolder(output).run
    identity = read_identity(run)
    if identity is not None:
        return identity.settings
    path = run / _SETTINGS
    try:
        return dict(json.loads(path.read_bytes())) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); pass --overwrite to start again") from error


def keep_settings(run: Path, settings: Mapping[str, object]) -> None:
    """Keep the configuration of a run that does something else before it has an identity."""
    with replacing(run / _SETTINGS) as file:
        file.write(json.dumps(settings, indent=2) + "\n")


def dtype_of_run(wanted: DtypeName, *, device: torch.device, folder: Path | None) -> Dtype:
    """The dtype in which the run in the folder began; a measurement may come out differently the second time."""
    before = None if folder is None else read_identity(folder)
    if before is None or wanted != "auto":
        return choose_dtype(wanted, device=device)
    return Dtype(before.dtype, "as in the unfinished run")


def check_resumable(identity: RunIdentity, folder: Path, *, accept_changes: bool, on_event: Listener) -> None:
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
