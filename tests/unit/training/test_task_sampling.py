"""Several tasks' examples as one: whose turn it is, how often, and that each batch is of one task."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from onoma.tasks import NO_TARGET
from onoma.training.data import TaggingData
from onoma.training.examples import BEGINS, ENDS, Example
from onoma.training.flat import Examples
from onoma.training.task_sampling import MixedData, Sampling, shares
from support.tiny import wordpiece

CPU = torch.device("cpu")


def part(task: str, count: int) -> TaggingData:
    """Examples of four subwords whose second one is the number of the example."""
    examples = [
        Example(
            np.array([2, number, 5, 3], dtype=np.int32),
            np.array([NO_TARGET, 0, NO_TARGET, NO_TARGET], dtype=np.int32),
            np.array([0, BEGINS | ENDS, 0, 0], dtype=np.uint8),
        )
        for number in range(count)
    ]
    return TaggingData(Examples.of(examples), budget=8, seed=1, tokenizer=wordpiece(), task=task)


def mixed(*, sampling: Sampling = "proportional", accumulate: int = 1, seed: int = 1, **counts: int) -> MixedData:
    parts = {task: part(task, count) for task, count in (counts or {"entities": 40, "pos": 10}).items()}
    return MixedData(parts, sampling=sampling, accumulate=accumulate, seed=seed)


def tasks_of(data: MixedData, number: int) -> list[str]:
    batches = (data.load(chosen, epoch=number, device=CPU) for chosen in data.epoch(number))
    return [next(iter(batch.targets)) for batch in batches]


def test_in_proportion_each_example_comes_once_in_an_epoch():
    data = mixed()
    loaded = [data.load(chosen, epoch=2, device=CPU) for chosen in data.epoch(2)]
    seen = Counter((next(iter(batch.targets)), number) for batch in loaded for number in batch.ids[1::4].tolist())
    assert seen == {**{("entities", n): 1 for n in range(40)}, **{("pos", n): 1 for n in range(10)}}
    assert (len(data), data.subwords, data.budget) == (50, 200, 8)


def test_the_square_root_draws_small_tasks_more_often_and_leaves_the_epoch_as_long():
    assert Counter(tasks_of(mixed(sampling="square-root"), 0)) == {"entities": 17, "pos": 8}
    assert Counter(tasks_of(mixed(), 0)) == {"entities": 20, "pos": 5}


def test_a_task_that_is_drawn_less_gives_other_examples_in_each_epoch():
    data = mixed(sampling="square-root", entities=40, pos=2)
    of_entities = [{tuple(chosen) for chosen in data.epoch(number) if chosen[0] < 40} for number in range(2)]
    assert len(of_entities[0]) < 20
    assert of_entities[0] != of_entities[1]


def test_the_order_is_that_of_seed_and_epoch():
    assert mixed().epoch(3) == mixed().epoch(3)
    assert mixed().epoch(3) != mixed().epoch(4)
    assert mixed().epoch(3) != mixed(seed=2).epoch(3)
    assert tasks_of(mixed(), 0) not in (sorted(tasks_of(mixed(), 0)), sorted(tasks_of(mixed(), 0), reverse=True))


@pytest.mark.parametrize("accumulate", [2, 3])
def test_the_batches_of_a_step_are_of_one_task(accumulate):
    tasks = tasks_of(mixed(accumulate=accumulate, entities=14, pos=10), 0)
    assert len(tasks) % accumulate == 0
    steps = [tasks[first : first + accumulate] for first in range(0, len(tasks), accumulate)]
    assert all(len(set(step)) == 1 for step in steps)


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=4), st.sampled_from([0.5, 1.0, 2.0, 5.0, 20.0]))
def test_shares_follow_the_temperature_and_add_up(batches, temperature):
    counts = shares(batches, power=1 / temperature)
    assert min(counts) >= 1
    assert abs(sum(counts) - sum(batches)) <= len(batches)
    order = np.argsort(batches, kind="stable")
    assert (np.diff(np.asarray(counts)[order]) >= 0).all()


def test_a_message_names_the_task():
    data = mixed()
    of_pos = next(chosen for chosen in data.epoch(0) if chosen[0] >= 40)
    assert "(task pos)" in data.describe(of_pos)
