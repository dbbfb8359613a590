"""The interface through which the tagger asks a model that reads words and not subwords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onoma.runtime.backend import Backend


@runtime_checkable
class WordScorer(Protocol):
    """Scores the words of sentences."""

    def score(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """The scores of each word before any softmax.

        Args:
            sentences: words, at least one each. What is in one does not change the scores of another.

        Returns:
            ``[words, *shape of the task]`` for each sentence.
        """


Runner = Backend | WordScorer
"""What runs a model, of either kind."""
