"""What a scheme allows, as matrices over the tags of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.schemes import OUTSIDE, Scheme, parse_tag


@dataclass(frozen=True, slots=True)
class Transitions:
    """Steps from tag to tag, 1 where allowed and 0 where not.

    Attributes:
        step: ``[tags, tags]``, from row to column.
        start: ``[tags]``, what may begin a sentence.
        end: ``[tags]``, what may end one.
        breaks: ``[tags, tags]``, allowed steps that do not continue an entity.
    """

    step: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    breaks: NDArray[np.float64]

    @classmethod
    def of(cls, scheme: Scheme, tags: Sequence[str]) -> Transitions:
        """The steps that ``scheme`` allows between these tags."""
        parsed = [parse_tag(tag) for tag in tags]
        step = np.zeros((len(tags), len(tags)))
        breaks = np.zeros((len(tags), len(tags)))
        for row, before in enumerate(parsed):
            for column, after in enumerate(parsed):
                same = before.label == after.label and before.prefix != OUTSIDE
                step[row, column] = scheme.allows(before.prefix, after.prefix, same=same)
                breaks[row, column] = step[row, column] and not (
                    same and (before.prefix, after.prefix) in scheme.continues
                )
        start = [float(scheme.allows(OUTSIDE, tag.prefix, same=False)) for tag in parsed]
        end = [float(scheme.allows(tag.prefix, OUTSIDE, same=False)) for tag in parsed]
        return cls(step, np.asarray(start), np.asarray(end), breaks)
