"""What is explained: the log-odds of a span with a label, as a function of tag scores.

That is the score given with an entity (its exact probability under the decoder's model, calibration included),
drawn out so that it does not level off: a model that is sure moves little in probability and much in log-odds. And
log-odds add up, so that what words push and what is left without any words make the score itself. The margin of the
span's tags over the next best ones would ignore that an entity also has to end where it ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import ENTITIES
from onoma.explanation.passage import Passage
from onoma.runtime import Backend, run_one
from onoma.schemes import OUTSIDE
from onoma.tasks import UNSCALED, Scaling, TagTask

_SUBWORDS_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A span of a passage with a label; ``O`` for: none of its words is in an entity.

    Attributes:
        passage: the span and its window.
        task: how tags are read.
        label: the label.
        tags: the numbers of the span's tags, ``[span's words]``.
    """

    passage: Passage
    task: TagTask
    label: str
    tags: NDArray[np.int64]

    @classmethod
    def of(cls, passage: Passage, task: TagTask, label: str) -> Target:
        """The tags of a label over the span."""
        start, end = passage.span
        return cls(passage, task, label, task.tags_of(label, length=end - start))

    @property
    def place(self) -> tuple[int, int]:
        """The span in words of its sentence."""
        first = self.passage.sentence[0]
        return self.passage.span[0] - first, self.passage.span[1] - first

    @property
    def scaling(self) -> Scaling:
        """From a probability to a score; that of no entity is none."""
        return UNSCALED if self.label == OUTSIDE else self.task.calibration.scaling

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """How probable the span with its label is, by rows of tag scores: ``[rows, words of sentence, tags]``."""
        start, end = self.place
        return self.task.span_probabilities(list(logits), start=start, end=end, label=self.label)


def logits_hiding(backend: Backend, passage: Passage, hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Tag scores of the sentence with words hidden: ``[rows, words]`` to ``[rows, words of sentence, tags]``."""
    ids = passage.hiding(hidden)
    read = passage.firsts[slice(*passage.sentence)]
    step = max(1, _SUBWORDS_AT_ONCE // ids.shape[1])
    parts = [ids[start : start + step] for start in range(0, len(ids), step)]
    return np.concatenate([run_one(backend, part)[ENTITIES][:, read] for part in parts])
