"""Default learning rates: higher for narrow and shallow encoders, and for a head on hidden states that hardly vary."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from onoma.models import Encoder, EncoderShape
from onoma.models.config import EncoderConfig
from onoma.training.learning_rates import default_head_learning_rate, default_learning_rate, hidden_variance


@pytest.mark.parametrize(
    ("hidden", "layers", "rate"),
    [(384, 3, 1e-4), (384, 6, 1e-4), (384, 12, 5e-5), (768, 6, 5e-5), (768, 12, 2.5e-5), (1024, 24, 0.9375e-5)],
)
def test_narrow_and_shallow_encoders_have_higher_rates(hidden: int, layers: int, rate: float) -> None:
    assert default_learning_rate(EncoderShape(hidden=hidden, layers=layers)) == pytest.approx(rate)


@pytest.mark.parametrize(("variance", "rate"), [(0.02, 1e-3), (0.04, None), (1.0, None)])
def test_a_head_learns_faster_on_states_that_hardly_vary(variance: float, rate: float | None) -> None:
    for layers in (6, 12):
        shape = EncoderShape(hidden=384, layers=layers)
        assert default_head_learning_rate(shape, variance=variance) == (rate and pytest.approx(rate))


def test_the_variance_is_that_of_all_subwords_of_the_windows() -> None:
    torch.manual_seed(1)
    config = EncoderConfig(
        vocabulary=50, hidden=16, layers=2, heads=2, feed_forward=32, positions=32, token_types=2, dropout=0.1
    )
    encoder = Encoder(config).eval()
    windows = [np.arange(2, 9), np.arange(20, 40)]
    inputs = [torch.from_numpy(each)[None] for each in windows]
    with torch.no_grad():
        states = torch.cat([encoder(ids, torch.ones_like(ids))[0] for ids in inputs])
    variance = states.numpy().var(axis=0).mean()
    assert hidden_variance(encoder, windows) == pytest.approx(variance, rel=1e-4)
    for name, parameter in encoder.named_parameters():
        if name.startswith("layers.1.feed_forward_norm"):
            parameter.data.mul_(0.1)
    assert hidden_variance(encoder, windows) == pytest.approx(0.01 * variance, rel=1e-3)
