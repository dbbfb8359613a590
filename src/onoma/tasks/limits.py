"""Limits of the tasks of a model. The manifest has the same ones, so that every model that is trained can be saved."""

from __future__ import annotations

from collections.abc import Sequence

from onoma.errors import InputError

MAX_LABELS = 1_000
"""Maximum number of labels: decoding tags needs a ``[tags, tags]`` matrix, and a label has up to four tags."""

MAX_SPAN_SIZE = 4_096
"""Maximum size of the query and key vectors of a task that scores spans."""

MAX_SPAN_WORDS = 4_096
"""Maximum number of words per entity of a task that scores spans."""


def checked_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of a task.

    Raises:
        InputError: there are more than :data:`MAX_LABELS` labels.
    """
    if len(labels) > MAX_LABELS:
        raise InputError(
            f"{len(labels):,} labels, the first {labels[0]!r}; at most {MAX_LABELS:,} are possible: is another "
            "column read as labels?"
        )
    return tuple(labels)
