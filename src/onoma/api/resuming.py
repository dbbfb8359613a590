"""Settings of an unfinished run that is to be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from onoma.api.inputs import PathLike
from onoma.errors import InputError


def unfinished_settings(
    output: PathLike | None, *, resume: bool, config: PathLike | None, has_data: bool
) -> Mapping[str, object] | None:
    """Return the settings of the unfinished run in a folder; None if they are not needed or there is no such run.

    Args:
        output: output folder of the run.
        resume: whether a run is to be resumed; if not, its settings are not needed.
        config: a file with settings; if given, it replaces the settings of the run.
        has_data: whether training text was given, so that a new run can start.

    Raises:
        InputError: there is neither an unfinished run nor training text for a new one.
    """
    if not resume or config is not None:
        return None
    from onoma.engine.resume import settings_of_run

    run_settings = None if output is None else settings_of_run(Path(output))
    if run_settings is None and not has_data:
        raise InputError(f"{output or 'the output'}: has no unfinished run, so there is nothing to resume")
    return run_settings
