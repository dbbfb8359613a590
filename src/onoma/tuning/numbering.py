"""Numbers of trials as users see them: an interrupted trial and those that continue it have the same number.

The storage counts each continuation as a trial of its own, so its numbers depend on interruptions.
"""

from __future__ import annotations

from collections.abc import Iterable

from optuna.trial import FrozenTrial

CONTINUES_ATTRIBUTE = "continues"
"""Attribute with the storage's number of the first trial that a trial continues; other trials do not have it."""


def shown_numbers(trials: Iterable[FrozenTrial]) -> dict[int, int]:
    """Return the shown number of each trial, counted from 0, by its number in the storage.

    Args:
        trials: all trials of a study, by number.
    """
    shown: dict[int, int] = {}
    count = 0
    for trial in trials:
        first_number = trial.user_attrs.get(CONTINUES_ATTRIBUTE)
        if first_number is None:
            shown[trial.number] = count
            count += 1
        else:
            shown[trial.number] = shown[int(first_number)]
    return shown
