from __future__ import annotations

import numpy as np
import pytest
import torch

from onoma.tasks import NO_TARGET
from onoma.training.data import TaggingData
from onoma.training.examples import BEGINS, ENDS, Example
from onoma.training.flat import Examples
from support.wordpieces import wordpiece

LENGTHS = np.random.default_rng(1).integers(3, 60, 400)


@pytest.fixture(scope="module")
def data() -> TaggingData:
    examples = [
        Example(
            np.full(length, number, dtype=np.int32),
            np.where(np.arange(length) == 1, 2, NO_TARGET).astype(np.int32),
            np.where(np.arange(length) == 1, BEGINS | ENDS, 0).astype(np.uint8),
        )
        for number, length in enumerate(LENGTHS)
    ]
    return TaggingData(Examples.of(examples), budget=256, seed=1, tokenizer=wordpiece())


def test_every_example_comes_once_in_an_epoch_and_within_the_budget(data: TaggingData) -> None:
    batches = data.epoch(1)
    assert sorted(position for batch in batches for position in batch) == list(range(400))
    assert all(max(LENGTHS[batch]) * len(batch) <= 256 for batch in batches)
    assert len(batches) * 256 < 1.4 * LENGTHS.sum()


def test_seed_and_epoch_alone_decide_the_order(data: TaggingData) -> None:
    assert data.epoch(1) == data.epoch(1)
    assert data.epoch(1) != data.epoch(2)
    assert data.epoch(1) != TaggingData(data.examples, budget=256, seed=2, tokenizer=wordpiece()).epoch(1)


def test_similar_lengths_come_together(data: TaggingData) -> None:
    padded = sum(max(LENGTHS[batch]) * len(batch) for batch in data.epoch(1))
    assert padded < 1.1 * data.subwords == 1.1 * LENGTHS.sum()


def test_a_batch_is_packed(data: TaggingData) -> None:
    batch = data.load([7, 3], epoch=0, device=torch.device("cpu"))
    assert batch.ids.tolist() == [7] * LENGTHS[7] + [3] * LENGTHS[3]
    assert batch.lengths.tolist() == [LENGTHS[7], LENGTHS[3]]
    assert batch.words.tolist() == [1, LENGTHS[7] + 1]
    assert batch.targets["entities"].tolist() == [2, 2]
    assert (batch.begins.tolist(), batch.ends.tolist()) == ([True, True], [True, True])
