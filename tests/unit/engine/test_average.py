"""The average of the weights, and that nobody notices it meanwhile."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from onoma.engine.average import WeightAverage


def model(value: float = 0.0) -> nn.Linear:
    linear = nn.Linear(2, 2)
    nn.init.constant_(linear.weight, value)
    nn.init.constant_(linear.bias, value)
    return linear


def step(linear: nn.Linear, value: float) -> None:
    with torch.no_grad():
        linear.weight.fill_(value)
        linear.bias.fill_(value)


def test_the_average_is_the_recurrence_of_the_paper():
    linear = model()
    average = WeightAverage(linear, decay=0.9, every=1)
    expected = 0.0
    for number in range(1, 200):
        value = float(number % 7)
        step(linear, value)
        average.update()
        keep = min(0.9, (1 + number) / (10 + number))
        expected = keep * expected + (1 - keep) * value
    with average.applied():
        assert linear.weight[0, 0].item() == pytest.approx(expected, rel=1e-5)
        assert linear.bias[0].item() == pytest.approx(expected, rel=1e-5)


def test_it_does_not_depend_on_the_weights_before_training():
    linear = model(1_000.0)
    average = WeightAverage(linear, decay=0.999, every=4)
    step(linear, 1.0)
    for _ in range(400):
        average.update()
    with average.applied():
        assert linear.weight[0, 0].item() == pytest.approx(1.0, abs=0.01)


def test_seldom_updates_remember_for_as_many_steps():
    found = []
    for every in (1, 8):
        linear = model(0.0)
        average = WeightAverage(linear, decay=0.99, every=every)
        for number in range(2_000):
            step(linear, number / 2_000)
            average.update()
        with average.applied():
            found.append(linear.weight[0, 0].item())
    assert found[0] == pytest.approx(found[1], abs=0.004)


def test_outside_the_model_has_its_own_weights_to_the_bit():
    linear = model(0.1)
    average = WeightAverage(linear, decay=0.5, every=1)
    step(linear, 0.3)
    average.update()
    own, inside = linear.weight.clone(), None
    for _ in range(3):
        with average.applied():
            assert inside is None or torch.equal(linear.weight, inside)
            inside = linear.weight.clone()
            assert not torch.equal(inside, own)
        assert torch.equal(linear.weight, own)
    with pytest.raises(RuntimeError, match="stop"), average.applied():
        raise RuntimeError("stop")
    assert torch.equal(linear.weight, own)


def test_it_resumes_from_its_saved_state():
    values = [float(number % 5) for number in range(40)]
    whole, halves = model(), model()
    average, first = WeightAverage(whole, decay=0.9, every=3), WeightAverage(halves, decay=0.9, every=3)
    for value in values:
        step(whole, value)
        average.update()
    for value in values[:20]:
        step(halves, value)
        first.update()
    second = WeightAverage(halves, decay=0.9, every=3)
    second.load_state_dict(first.state_dict())
    for value in values[20:]:
        step(halves, value)
        second.update()
    with average.applied(), second.applied():
        assert torch.equal(whole.weight, halves.weight)


def test_frozen_weights_are_left_out():
    linear = model()
    linear.bias.requires_grad_(False)
    state = WeightAverage(linear, decay=0.9).state_dict()
    assert set(state["average"]) == {"weight"}  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="of other parameters: bias"):
        WeightAverage(model(), decay=0.9).load_state_dict(state)
