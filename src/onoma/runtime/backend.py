"""What the tagger asks of whatever runs a model."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Backend(Protocol):
    """Runs encoder and head over a padded batch of windows."""

    def emissions(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Tag scores of every subword.

        Args:
            ids: subword ids, ``[windows, subwords]``, padded.
            mask: 1 for subwords and 0 for padding, ``[windows, subwords]``.

        Returns:
            Scores before any softmax, ``[windows, subwords, tags]``; what stands at padding means nothing.
        """
        ...
