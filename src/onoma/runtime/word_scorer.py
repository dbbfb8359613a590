"""The interface between the tagger and models whose input is words instead of subwords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onoma.runtime.backend import Backend


@runtime_checkable
class WordScorer(Protocol):
    """A model that scores the words of sentences."""

    def score(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the scores of each word before any softmax.

        Args:
            sentences: words of each sentence, at least one. The scores of a sentence do not depend on other sentences.

        Returns:
            ``[words, *shape of the task]`` for each sentence.
        """


Runner = Backend | WordScorer
"""A backend for subwords or for words."""
