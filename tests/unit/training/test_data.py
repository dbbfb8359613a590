from __future__ import annotations

import numpy as np
import pytest
import torch

from onoma.models import NO_TARGET
from onoma.training.data import Sampler
from onoma.training.examples import Example
from onoma.training.flat import Examples

LENGTHS = np.random.default_rng(1).integers(3, 60, 400)


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    examples = [
        Example(np.full(length, number, dtype=np.int32), np.full(length, NO_TARGET, dtype=np.int64))
        for number, length in enumerate(LENGTHS)
    ]
    return Sampler(Examples.of(examples), budget=256, seed=1)


def test_every_example_comes_once_in_an_epoch_and_within_the_budget(sampler: Sampler) -> None:
    batches = sampler.epoch(1)
    assert sorted(position for batch in batches for position in batch) == list(range(400))
    assert all(max(LENGTHS[batch]) * len(batch) <= 256 for batch in batches)


def test_seed_and_epoch_alone_decide_the_order(sampler: Sampler) -> None:
    assert sampler.epoch(1) == sampler.epoch(1)
    assert sampler.epoch(1) != sampler.epoch(2)
    assert sampler.epoch(1) != Sampler(sampler.examples, budget=256, seed=2).epoch(1)


def test_similar_lengths_come_together(sampler: Sampler) -> None:
    padded = sum(max(LENGTHS[batch]) * len(batch) for batch in sampler.epoch(1))
    assert padded < 1.1 * sampler.subwords == 1.1 * LENGTHS.sum()


def test_a_batch_is_packed(sampler: Sampler) -> None:
    ids, lengths, targets = sampler.tensors([7, 3], device=torch.device("cpu"))
    assert ids.tolist() == [7] * LENGTHS[7] + [3] * LENGTHS[3]
    assert lengths.tolist() == [LENGTHS[7], LENGTHS[3]]
    assert targets.tolist() == [NO_TARGET] * len(ids)
