from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest

from onoma.engine.cache import Piece, cached_arrays
from onoma.tasks import NO_TARGET
from onoma.training.examples import Example
from onoma.training.flat import COLUMNS, Examples, flatten

LENGTHS = (3, 1, 7, 2)


def examples(lengths: tuple[int, ...] = LENGTHS) -> list[Example]:
    numbers = np.random.default_rng(1)
    return [
        Example(
            numbers.integers(0, 2**31 - 1, size, dtype=np.int32),
            numbers.integers(NO_TARGET, 9, size, dtype=np.int32),
            numbers.integers(0, 4, size, dtype=np.uint8),
        )
        for size in lengths
    ]


def same(left: Example, right: Example) -> bool:
    pairs = ((left.ids, right.ids), (left.targets, right.targets), (left.edges, right.edges))
    return all(np.array_equal(*pair) for pair in pairs)


def test_examples_come_back_as_they_went_in():
    flat = Examples.of(examples())
    assert len(flat) == len(LENGTHS)
    assert all(same(ours, given) for ours, given in zip(flat, examples(), strict=True))
    assert all(same(ours, given) for ours, given in zip(flat[1:3], examples()[1:3], strict=True))
    assert same(flat[-1], examples()[-1])
    assert flat[0].ids.dtype == np.dtype(np.int32)
    assert (flat[0].targets.dtype, flat[0].edges.dtype) == (np.dtype(np.int32), np.dtype(np.uint8))
    with pytest.raises(IndexError):
        flat[len(LENGTHS)]


def test_lengths_are_known_without_looking_at_examples():
    flat = Examples.of(examples())
    assert flat.lengths.tolist() == list(LENGTHS)
    assert flat.subwords == sum(LENGTHS)


def test_no_examples_are_an_empty_sequence():
    assert (len(Examples.of([])), Examples.of([]).subwords) == (0, 0)


def test_packed_examples_stand_one_behind_the_other():
    flat, given, order = Examples.of(examples()), examples(), [2, 0, 3]
    ids, targets, edges, lengths = flat.packed(order)
    assert ids.tolist() == np.concatenate([given[place].ids for place in order]).tolist()
    assert targets.tolist() == np.concatenate([given[place].targets for place in order]).tolist()
    assert edges.tolist() == np.concatenate([given[place].edges for place in order]).tolist()
    assert lengths.tolist() == [LENGTHS[place] for place in order]


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 3_000])
def test_examples_kept_on_the_disk_are_those_that_were_made(tmp_path, notices, size):
    def build() -> Generator[Piece, None, str]:
        yield from flatten(examples((5,) * size))
        return ""

    for found in (False, True):
        cached = cached_arrays("a", columns=COLUMNS, build=build, notice=notices.append, folder=tmp_path)
        assert cached.found is found
        kept = Examples(**cached.arrays)
        assert (len(kept), kept.subwords) == (size, 5 * size)
        assert all(same(ours, given) for ours, given in zip(kept, examples((5,) * size), strict=True))
    assert notices == []
