"""Which subwords are masked, and by what.

Sources: Devlin et al. 2019, section 3.1 and appendix A.1 (15 % of the positions; 80 % of them ``[MASK]``, 10 % another
subword, 10 % unchanged) and its code's whole words; Joshi et al. 2020, section 3.1 (spans of words, their lengths
geometric).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Unit = Literal["subwords", "words", "spans"]
"""What is masked as a whole."""

_MASKED, _REPLACED = 0.8, 0.1
_SPAN_END, _LONGEST_SPAN = 0.2, 10
"""A span ends after each word with this probability (its mean is 3.8 words), and after so many words at the latest."""


class Masked(NamedTuple):
    """Ids after masking, ``[subwords]``; the places to predict, in order, and what they were, ``[masked]`` each."""

    ids: NDArray[np.int64]
    places: NDArray[np.int64]
    targets: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Masking:
    """Masks subwords of sequences.

    Attributes:
        unit: what is masked as a whole. Of a span all subwords are replaced alike.
        mask_id: the id of ``[MASK]``.
        maskable: whether an id may be masked and stand in for another: no special token may, ``[vocabulary]``.
        continues: whether an id goes on with the word of the subword before it, ``[vocabulary]``.
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
            ids: subword ids of sequences one after the other, ``[subwords]``.
            sequences: the number of each subword's sequence, ascending, ``[subwords]``.
            rate: the share of what may be masked; each sequence's is met as nearly as its units allow, and exactly on
                average.
            random: the source of all choices.
        """
        maskable = self.maskable[ids]
        units = self._units(ids, sequences, maskable, random)
        chosen_units = _choose(units, sequences, maskable, rate=rate, random=random)
        places = np.flatnonzero(chosen_units[units] & maskable)
        targets = ids[places]
        draws = random.random(len(chosen_units))[units[places]] if self.unit == "spans" else random.random(len(places))
        others = np.flatnonzero(self.maskable)
        masked = ids.copy()
        masked[places[draws < _MASKED]] = self.mask_id
        replaced = places[draws >= 1 - _REPLACED]
        masked[replaced] = others[random.integers(len(others), size=len(replaced))]
        return Masked(masked, places, targets)

    def _units(
        self,
        ids: NDArray[np.int64],
        sequences: NDArray[np.int64],
        maskable: NDArray[np.bool_],
        random: np.random.Generator,
    ) -> NDArray[np.int64]:
        """The number of each subword's unit."""
        if self.unit == "subwords":
            return np.arange(len(ids))
        apart = ~maskable  # a special token is a unit, and so is what is between two
        apart[1:] |= ~maskable[:-1] | (sequences[1:] != sequences[:-1])
        apart[:1] = True
        words = np.cumsum(apart | ~self.continues[ids]) - 1
        if self.unit == "words":
            return words
        count = int(words[-1]) + 1
        lengths = np.minimum(random.geometric(_SPAN_END, size=count), _LONGEST_SPAN)
        begins = np.zeros(count, dtype=bool)
        starts = np.cumsum(lengths) - lengths
        begins[starts[starts < count]] = True
        begins[words[apart]] = True
        spans: NDArray[np.int64] = (np.cumsum(begins) - 1)[words]
        return spans


def _choose(
    units: NDArray[np.int64],
    sequences: NDArray[np.int64],
    maskable: NDArray[np.bool_],
    *,
    rate: float,
    random: np.random.Generator,
) -> NDArray[np.bool_]:
    """Whether each unit is masked: those that come first in a random order, up to the wanted share of a sequence.

    The unit that would exceed it is taken with the probability that makes the mean right.
    """
    sizes = np.bincount(units, weights=maskable)
    firsts = np.flatnonzero(np.diff(units, prepend=-1))
    owners = sequences[firsts]
    wanted = rate * np.bincount(owners, weights=sizes)
    order = np.lexsort((random.random(len(sizes)), owners))
    before = np.cumsum(sizes[order]) - sizes[order]
    first_of_sequence = np.flatnonzero(np.diff(owners[order], prepend=-1))
    before -= np.repeat(before[first_of_sequence], np.diff([*first_of_sequence, len(order)]))
    room = wanted[owners[order]] - before
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[order] = random.random(len(sizes)) * sizes[order] < room
    return chosen & (sizes > 0)
