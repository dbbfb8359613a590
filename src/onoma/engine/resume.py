"""Checks whether an unfinished run can be resumed."""

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

_SETTINGS_FILE = "settings.json"


def settings_of_run(output: Path) -> dict[str, object] | None:
    """Read the configuration of the unfinished run in an output folder; return None if there is no such run.

    Raises:
        InputError: the configuration cannot be read.
    """
    run = OutputFolder(output).run
    identity = read_identity(run)
    if identity is not None:
        return identity.settings
    path = run / _SETTINGS_FILE
    try:
        return dict(json.loads(path.read_bytes())) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); pass --overwrite to start again") from error


def save_settings(run: Path, settings: Mapping[str, object]) -> None:
    """Save the configuration of a run that has no identity yet, because another stage comes before its training."""
    with replacing(run / _SETTINGS_FILE) as file:
        file.write(json.dumps(settings, indent=2) + "\n")


def dtype_of_run(wanted: DtypeName, *, device: torch.device, folder: Path | None) -> Dtype:
    """Return the dtype of a run; for ``auto``, that of the unfinished run, because a new measurement may differ."""
    previous = None if folder is None else read_identity(folder)
    if previous is None or wanted != "auto":
        return choose_dtype(wanted, device=device)
    return Dtype(previous.dtype, "as in the unfinished run")


def check_resumable(identity: RunIdentity, folder: Path, *, accept_changes: bool, on_event: Listener) -> None:
    """Write the identity of a run to its folder, after a check that an unfinished run there is the same run.

    Args:
        identity: identity of this run.
        folder: folder of the run.
        accept_changes: whether to continue even if settings, data or versions have changed.
        on_event: function called with a notice for each change.

    Raises:
        InputError: the unfinished run has other settings, data or versions; the message lists all of them.
    """
    previous = read_identity(folder)
    changes = [] if previous is None else differences(previous, identity)
    harmful_changes = [change.text for change in changes if not change.harmless]
    if harmful_changes and not accept_changes:
        raise InputError(
            f"{folder.parent}: the unfinished run differs from this one:\n"
            + "".join(f"  {text}\n" for text in harmful_changes)
            + "use the former settings, or pass --accept-changes to continue anyway, or --overwrite to start again"
        )
    for change in changes:
        effect = "" if change.harmless else " (accepted)"
        on_event(Notice(f"changed since the run began: {change.text}{effect}"))
    write_identity(identity, folder)
