"""Class weights by tag: given by label or tag, or balanced by how often each tag is a target.

Source of ``balanced``: King and Zeng 2001, section 4.2, as in scikit-learn: words / (tags x words of the tag).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.errors import ConfigError

_BLOCK = 2**22


def class_weights(
    wanted: Literal["balanced"] | Mapping[str, float], *, tags: Sequence[str], targets: NDArray[np.integer]
) -> list[float]:
    """The weight of each tag.

    Args:
        wanted: ``balanced``, or weights by tag (``B-PER``), by label for all its tags (``PER``), or for ``O``; a tag
            outweighs its label, and what is not named weighs 1.
        tags: the model's tags, in order.
        targets: all targets of the training text; what is negative or above the tags is not counted.

    Raises:
        ConfigError: a name is neither a tag nor a label.
    """
    if isinstance(wanted, str):
        return _balanced(_count(targets, tags=len(tags)))
    labels = {tag: tag.partition("-")[2] for tag in tags}
    for name in wanted:
        if name not in labels and name not in labels.values():
            known = sorted({label or tag for tag, label in labels.items()})
            raise ConfigError(f"training.class_weights: unknown label {name!r}; choose from {', '.join(known)}")
    return [float(wanted.get(tag, wanted.get(label, 1.0))) for tag, label in labels.items()]


def _balanced(counts: NDArray[np.int64]) -> list[float]:
    """A tag that never occurs weighs 1: no target asks for it."""
    weights = counts.sum() / (len(counts) * np.maximum(counts, 1))
    balanced: list[float] = np.where(counts > 0, weights, 1.0).tolist()
    return balanced


def _count(targets: NDArray[np.integer], *, tags: int) -> NDArray[np.int64]:
    """In blocks, since the targets may be a memory map of any size."""
    counts = np.zeros(tags, dtype=np.int64)
    for start in range(0, len(targets), _BLOCK):
        block = targets[start : start + _BLOCK]
        counts += np.bincount(block[(block >= 0) & (block < tags)], minlength=tags)
    return counts
