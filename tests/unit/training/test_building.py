"""How often a run is evaluated."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from onoma.bundle import DataCard
from onoma.text import Document
from onoma.training.building import ResolvedSettings, evaluation_interval
from onoma.training.parts import Part


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
    dev = Part(
        [Document("x" * dev_length)], DataCard(name="dev", digest="", documents=1, words=None, entities=0), Counter()
    )
    length: dict[str, Any] = {"train_length": 1_000, "length_of": lambda document: len(document.text)}
    assert evaluation_interval(resolved, dev, **length) == interval
    assert evaluation_interval(resolved, None, **length) == 1
