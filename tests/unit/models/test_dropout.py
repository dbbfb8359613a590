from __future__ import annotations

import pytest
import torch

from onoma.models.dropout import Dropout

UNITS = torch.ones(1_000, 37)


@pytest.mark.parametrize("p", [0.1, 0.25, 0.003, 0.9])
def test_units_are_dropped_at_exactly_the_rate(p: float) -> None:
    torch.manual_seed(1)
    dropout = Dropout(p)
    kept = torch.stack([dropout(UNITS) for _ in range(60)]).count_nonzero() / (60 * UNITS.numel())
    # Four deviations of the units' own draws, and of the threshold's rounding, which all units of a call share.
    deviation = (p * (1 - p) / (60 * UNITS.numel())) ** 0.5 + 0.5 / 256 / 60**0.5
    assert abs(kept.item() - (1 - p)) < 4 * deviation


def test_dropout_keeps_the_mean() -> None:
    torch.manual_seed(1)
    dropped = Dropout(0.1)(UNITS)
    assert dropped.mean().item() == pytest.approx(1, abs=0.01)
    assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.9])


def test_units_are_independent() -> None:
    torch.manual_seed(1)
    kept = (Dropout(0.5)(torch.ones(400, 400)) > 0).double()
    for other in (kept.roll(1, 0), kept.roll(1, 1), kept.T):
        assert abs(((kept - 0.5) * (other - 0.5)).mean().item()) < 4 * 0.25 / 400


def test_the_seed_decides_and_every_call_differs() -> None:
    dropout = Dropout(0.5)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first, second = dropout(UNITS), dropout(UNITS)
    torch.set_rng_state(state)
    assert torch.equal(dropout(UNITS), first)
    assert not torch.equal(first, second)
    torch.manual_seed(2)
    assert not torch.equal(dropout(UNITS), first)


def test_gradients_are_dropped_with_their_units() -> None:
    hidden = torch.randn(5, 7, requires_grad=True)
    dropped = Dropout(0.5)(hidden)
    dropped.sum().backward()
    torch.testing.assert_close(hidden.grad, (dropped != 0) * 2.0)


def test_nothing_happens_outside_training_or_without_a_rate() -> None:
    assert Dropout(0.5).eval()(UNITS) is UNITS
    assert Dropout(0.0)(UNITS) is UNITS


def test_every_type_shape_and_layout_keeps_its_own() -> None:
    for hidden in (torch.ones(3), torch.ones(2, 0), torch.ones(4, 6).T, torch.ones(3, 3, dtype=torch.bfloat16)):
        dropped = Dropout(0.5)(hidden)
        assert (dropped.dtype, dropped.shape) == (hidden.dtype, hidden.shape)


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_a_rate_that_leaves_nothing_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="0 <= p < 1"):
        Dropout(p)
