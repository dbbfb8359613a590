"""Transitions from tag to tag: what a scheme allows, and the scores that a CRF has learnt for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onoma.schemes import OUTSIDE, Scheme, parse_tag


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Log scores that are added along a tag sequence; minus infinity where the scheme does not allow a step.

    Attributes:
        step: ``[tags, tags]``, from row to column.
        start: ``[tags]``, for the first tag of a sentence.
        end: ``[tags]``, for its last tag.
        continues: ``[tags, tags]``, whether an allowed step continues an entity.
        learnt: whether the scores are those of a trained CRF; otherwise all allowed steps have 0.
    """

    step: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    continues: NDArray[np.bool_]
    learnt: bool = False

    @classmethod
    def of(cls, scheme: Scheme, tags: Sequence[str]) -> Transitions:
        """The steps that ``scheme`` allows between these tags, each with the score 0."""
        parsed = [parse_tag(tag) for tag in tags]
        step = np.full((len(tags), len(tags)), -np.inf)
        continues = np.zeros((len(tags), len(tags)), dtype=bool)
        for row, before in enumerate(parsed):
            for column, after in enumerate(parsed):
                same = before.label == after.label and before.prefix != OUTSIDE
                if scheme.allows(before.prefix, after.prefix, same=same):
                    step[row, column] = 0.0
                    continues[row, column] = same and (before.prefix, after.prefix) in scheme.continues
        start = [0.0 if scheme.allows(OUTSIDE, tag.prefix, same=False) else -np.inf for tag in parsed]
        end = [0.0 if scheme.allows(tag.prefix, OUTSIDE, same=False) else -np.inf for tag in parsed]
        return cls(step, np.asarray(start), np.asarray(end), continues)

    def with_scores(
        self, *, step: NDArray[np.floating], start: NDArray[np.floating], end: NDArray[np.floating]
    ) -> Transitions:
        """The same steps with learnt scores, shaped as the attributes; what is not allowed stays so."""
        return replace(self, step=self.step + step, start=self.start + start, end=self.end + end, learnt=True)

    def at(self, temperature: float) -> Transitions:
        """The scores divided by a temperature."""
        if temperature == 1 or not self.learnt:
            return self
        return replace(self, step=self.step / temperature, start=self.start / temperature, end=self.end / temperature)
