from __future__ import annotations

import pytest

from onoma.engine.clock import Clock
from onoma.engine.events import Stepped


def tick(clock: Clock, *, loss: float = 1.0, seconds: float = 2.0) -> Stepped:
    return clock.tick(1, loss=loss, learning_rate=0.1, subwords=100, seconds=seconds)


def test_speed_and_time_left_are_those_of_the_steps_done() -> None:
    clock = Clock(total=10)
    tick(clock, seconds=1.0)
    event = tick(clock, seconds=3.0)
    assert (event.number, event.seconds, event.subwords_per_second, event.seconds_left) == (2, 4.0, 50.0, 16.0)


def test_a_resumed_run_estimates_from_its_own_steps_and_keeps_the_seconds_before() -> None:
    before, after = Clock(total=10), Clock(total=10)
    for _ in range(4):
        tick(before)
    after.load_state_dict(before.state_dict())
    event = tick(after, seconds=1.0)
    assert (event.number, event.seconds, event.subwords_per_second, event.seconds_left) == (5, 9.0, 100.0, 5.0)


def test_the_loss_is_the_mean_of_the_first_steps_and_then_follows_later_ones() -> None:
    clock = Clock(total=1_000)
    assert [tick(clock, loss=loss).loss for loss in (4.0, 2.0, 0.0)] == pytest.approx([4.0, 3.0, 2.0])
    for _ in range(500):
        tick(clock, loss=1.0)
    assert 1.0 < tick(clock, loss=7.0).loss < 1.2
    assert 6.0 < [tick(clock, loss=7.0).loss for _ in range(100)][-1] < 7.0
