"""Class weights of tags in the loss, either given by label or tag, or balanced by the frequency of each tag.

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
    """Return the weight of each tag.

    Args:
        wanted: ``balanced``, or weights by tag (``B-PER`` or ``O``) or by label, for all tags of the label (``PER``).
            The weight of a tag takes precedence over that of its label. Tags that are not named have the weight 1.
        tags: tags of the model, in order.
        targets: all targets of the training text; values that are not the index of a tag are not counted.

    Raises:
        ConfigError: a name is neither a tag nor a label.
    """
    if isinstance(wanted, str):
        return _balanced_weights(_count_targets(targets, tags=len(tags)))
    labels = {tag: tag.partition("-")[2] for tag in tags}
    for name in wanted:
        if name not in labels and name not in labels.values():
            known_names = sorted({label or tag for tag, label in labels.items()})
            raise ConfigError(f"training.class_weights: unknown label {name!r}; choose from {', '.join(known_names)}")
    return [float(wanted.get(tag, wanted.get(label, 1.0))) for tag, label in labels.items()]


def _balanced_weights(counts: NDArray[np.int64]) -> list[float]:
    """Return balanced weights for the counts of the tags; the weight of a tag that never occurs is 1."""
    weights = counts.sum() / (len(counts) * np.maximum(counts, 1))
    balanced: list[float] = np.where(counts > 0, weights, 1.0).tolist()
    return balanced


def _count_targets(targets: NDArray[np.integer], *, tags: int) -> NDArray[np.int64]:
    """Count the targets of each tag, block by block, because the targets may be a memory map of any size."""
    counts = np.zeros(tags, dtype=np.int64)
    for start in range(0, len(targets), _BLOCK):
        block = targets[start : start + _BLOCK]
        counts += np.bincount(block[(block >= 0) & (block < tags)], minlength=tags)
    return counts
