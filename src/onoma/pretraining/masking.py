"""Selection and replacement of subwords for masked-language modelling.

Sources: Devlin et al. 2019, section 3.1 and appendix A.1 (15 % of the positions; 80 % of them ``[MASK]``, 10 % another
subword, 10 % unchanged), and the whole-word masking of its code; Joshi et al. 2020, section 3.1 (spans of words with
geometrically distributed lengths).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Unit = Literal["subwords", "words", "spans"]
"""Unit that is masked as a whole."""

_MASK_SHARE, _REPLACE_SHARE = 0.8, 0.1
_SPAN_END_PROBABILITY, _MAX_SPAN_WORDS = 0.2, 10
"""Probability that a span ends after a word, and maximum length of a span in words. The mean is 3.8 words."""

_SPAN_LENGTHS = np.arange(1, _MAX_SPAN_WORDS + 1)
_LENGTH_PROBABILITIES = (1 - _SPAN_END_PROBABILITY) ** (_SPAN_LENGTHS - 1) / (
    (1 - _SPAN_END_PROBABILITY) ** (_SPAN_LENGTHS - 1)
).sum()
"""Probability of each span length: a geometric distribution without its tail."""


class Masked(NamedTuple):
    """Masked subwords of sequences.

    Attributes:
        ids: ids after masking, ``[subwords]``.
        places: positions of the subwords to predict, in order, ``[masked]``.
        targets: original ids at these positions, ``[masked]``.
    """

    ids: NDArray[np.int64]
    places: NDArray[np.int64]
    targets: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Masking:
    """Masking strategy for the subwords of sequences.

    Attributes:
        unit: unit that is masked as a whole. All subwords of a span get the same kind of replacement.
        mask_id: id of ``[MASK]``.
        maskable: whether each id may be masked and may replace another one; false for special tokens,
            ``[vocabulary]``.
        continues: whether each id continues the word of the subword before it, ``[vocabulary]``.
    """

    unit: Unit
    mask_id: int
    maskable: NDArray[np.bool_]
    continues: NDArray[np.bool_]

    def __call__(
        self,
        ids: NDArray[np.int64],
        sequences: NDArray[np.int64],
        *,
        rate: float,
        random: np.random.Generator,
    ) -> Masked:
        """Mask some of the subwords.

        Args:
            ids: subword ids of the concatenated sequences, ``[subwords]``.
            sequences: index of each subword's sequence, ascending, ``[subwords]``.
            rate: share of the maskable subwords to mask; in each sequence it is met as closely as its units allow, and
                exactly on average.
            random: random number generator for all choices.
        """
        maskable = self.maskable[ids]
        units = self._assign_units(ids, sequences, maskable, random)
        selected_units = _select_units(units, sequences, maskable, rate=rate, random=random)
        positions = np.flatnonzero(selected_units[units] & maskable)
        targets = ids[positions]
        draws = (
            random.random(len(selected_units))[units[positions]]
            if self.unit == "spans"
            else random.random(len(positions))
        )
        candidates = np.flatnonzero(self.maskable)
        masked = ids.copy()
        masked[positions[draws < _MASK_SHARE]] = self.mask_id
        replaced = positions[draws >= 1 - _REPLACE_SHARE]
        masked[replaced] = candidates[random.integers(len(candidates), size=len(replaced))]
        return Masked(masked, positions, targets)

    def _assign_units(
        self,
        ids: NDArray[np.int64],
        sequences: NDArray[np.int64],
        maskable: NDArray[np.bool_],
        random: np.random.Generator,
    ) -> NDArray[np.int64]:
        """Return the index of the unit that each subword belongs to."""
        if self.unit == "subwords":
            return np.arange(len(ids))
        is_boundary = ~maskable  # a special token is a unit of its own, so a unit begins at it and after it
        is_boundary[1:] |= ~maskable[:-1] | (sequences[1:] != sequences[:-1])
        is_boundary[:1] = True
        words = np.cumsum(is_boundary | ~self.continues[ids]) - 1
        if self.unit == "words":
            return words
        word_count = int(words[-1]) + 1
        lengths = random.choice(_SPAN_LENGTHS, size=word_count, p=_LENGTH_PROBABILITIES)
        is_span_start = np.zeros(word_count, dtype=bool)
        span_starts = np.cumsum(lengths) - lengths
        is_span_start[span_starts[span_starts < word_count]] = True
        is_span_start[words[is_boundary]] = True
        spans: NDArray[np.int64] = (np.cumsum(is_span_start) - 1)[words]
        return spans


def _select_units(
    units: NDArray[np.int64],
    sequences: NDArray[np.int64],
    maskable: NDArray[np.bool_],
    *,
    rate: float,
    random: np.random.Generator,
) -> NDArray[np.bool_]:
    """Return whether each unit is masked.

    Units are selected in a random order until the wanted share of their sequence is reached. The unit that would exceed
    it is selected with the probability that makes the mean exact.
    """
    sizes = np.bincount(units, weights=maskable)
    first_subwords = np.flatnonzero(np.diff(units, prepend=-1))
    unit_sequences = sequences[first_subwords]
    target_sizes = rate * np.bincount(unit_sequences, weights=sizes)
    order = np.lexsort((random.random(len(sizes)), unit_sequences))
    preceding_sizes = np.cumsum(sizes[order]) - sizes[order]
    first_units = np.flatnonzero(np.diff(unit_sequences[order], prepend=-1))
    preceding_sizes -= np.repeat(preceding_sizes[first_units], np.diff([*first_units, len(order)]))
    remaining = target_sizes[unit_sequences[order]] - preceding_sizes
    is_selected = np.zeros(len(sizes), dtype=bool)
    is_selected[order] = random.random(len(sizes)) * sizes[order] < remaining
    return is_selected & (sizes > 0)
