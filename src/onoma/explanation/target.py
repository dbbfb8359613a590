"""The explained quantity: the log-odds of a span with a label, as a function of the head's scores.

It is derived from the score of an entity, which is its exact probability under the decoder's model after calibration.
Log-odds do not saturate: if a model is confident, its probability hardly changes, but its log-odds do. They are also
additive: the attributions of the words and the baseline with all words hidden add up to the log-odds of the score. The
margin between the span's tags and the next best ones would not take into account that the entity has to end at this
position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import ENTITIES
from onoma.explanation.passage import Passage
from onoma.runtime import Backend, run_one
from onoma.tasks import EntityTask

_MAX_BATCH_SUBWORDS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A span of a passage with a label; ``O`` means that none of its words is in an entity.

    Attributes:
        passage: span and its window.
        task: task of the model.
        label: label of the span.
    """

    passage: Passage
    task: EntityTask
    label: str

    @property
    def sentence_span(self) -> tuple[int, int]:
        """Half-open range of the span's words, counted from the start of its sentence in the window."""
        first = self.passage.sentence[0]
        return self.passage.span[0] - first, self.passage.span[1] - first

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability of the span with its label for each row of scores, ``[rows]``.

        Args:
            logits: scores of the head, ``[rows, words of sentence, *shape of the task]``.
        """
        start, end = self.sentence_span
        return self.task.span_probabilities(list(logits), start=start, end=end, label=self.label)


def masked_logits(backend: Backend, passage: Passage, hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the scores of the sentence with words hidden, ``[rows, words of sentence, *shape of the task]``.

    Args:
        backend: backend that runs the model.
        passage: passage whose words are hidden.
        hidden: mask of the words to hide in each row, ``[rows, words]``.
    """
    ids = passage.hiding(hidden)
    positions = passage.firsts[slice(*passage.sentence)]
    step = max(1, _MAX_BATCH_SUBWORDS // ids.shape[1])
    parts = [ids[start : start + step] for start in range(0, len(ids), step)]
    return np.concatenate([run_one(backend, part)[ENTITIES][:, positions] for part in parts])
