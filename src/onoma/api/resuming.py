"""Settings of an unfinished run, for a command that goes on with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from onoma.api.inputs import PathLike
from onoma.errors import InputError


def unfinished_settings(
    output: PathLike | None, *, resume: bool, config: PathLike | None, has_data: bool
) -> Mapping[str, object] | None:
    """The settings with which the unfinished run in a folder began; None where those given are enough.

    Args:
        output: the folder of the run.
        resume: whether a run is to be continued.
        config: a file with settings, in the place of those of the run.
        has_data: whether what is learnt from was given, so that a run can begin.

    Raises:
        InputError: nothing else was given, and there is no unfinished run.
    """
    if not resume or config is not None:
        return None
    from onoma.engine.resume import settings_of_run

    unfinished = None if output is None else settings_of_run(Path(output))
    if unfinished is None and not has_data:
        raise InputError(f"{output or 'the output'}: has no unfinished run, so there is nothing to resume")
    return unfinished
