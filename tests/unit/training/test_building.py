"""How often a run is evaluated."""

from __future__ import annotations

import pytest

from onoma.training.building import ResolvedSettings, evaluation_interval


@pytest.mark.parametrize(
    ("epochs", "dev_length", "interval"),
    [
        (40, 0, 1),  # dev without text
        (40, 3_000, 1),  # an evaluation takes as long as an epoch
        (40, 3_001, 2),
        (40, 200_000, 10),  # at least four evaluations
        (39, 200_000, 9),
        (3, 200_000, 1),
    ],
)
def test_evaluation_takes_no_longer_than_training_if_four_evaluations_allow_it(epochs, dev_length, interval):
    resolved = ResolvedSettings(learning_rate=1e-4, batch_subwords=128, epochs=epochs)
    assert evaluation_interval(resolved, train_length=1_000, count_dev_length=lambda: dev_length) == interval
