"""The temperature is found again that scores were heated by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.decoding import fit_temperature, temper


@given(wanted=st.floats(0.3, 8))
def test_the_lowest_point_is_found(wanted: float) -> None:
    assert fit_temperature(lambda at: abs(np.log(at / wanted))) == pytest.approx(wanted, rel=0.01)


def test_overconfident_scores_are_cooled_by_as_much_as_they_were_heated() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(20_000, 5)) * 2
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    gold = (rng.uniform(size=(20_000, 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=4)

    def loss(temperature: float) -> float:
        scores = temper(2.5 * honest, temperature)
        return float((np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(20_000), gold]).mean())

    assert fit_temperature(loss) == pytest.approx(2.5, rel=0.04)


def test_the_best_tags_stay() -> None:
    scores = np.random.default_rng(0).normal(size=(50, 7))
    assert (temper(scores, 3.0).argmax(axis=1) == scores.argmax(axis=1)).all()
    assert temper(scores, 1.0) is scores
