"""The temperature is found again that scores were heated by, and the line that they were moved along."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.tasks import UNSCALED, Calibration, Scaling, fit_scaling, fit_temperature, log_odds


@given(wanted=st.floats(0.3, 8))
def test_the_temperature_with_the_lowest_loss_is_found(wanted: float) -> None:
    assert fit_temperature(lambda at: abs(np.log(at / wanted))) == pytest.approx(wanted, rel=0.01)


def test_the_temperature_of_overconfident_scores_is_recovered() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(20_000, 5)) * 2
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    gold = (rng.uniform(size=(20_000, 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=4)

    def loss(temperature: float) -> float:
        scores = Calibration(temperature=temperature).apply_temperature(2.5 * honest)
        return float((np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(20_000), gold]).mean())

    assert fit_temperature(loss) == pytest.approx(2.5, rel=0.04)


def test_a_temperature_does_not_change_the_best_tags() -> None:
    scores = np.random.default_rng(0).normal(size=(50, 7))
    assert (Calibration(temperature=3.0).apply_temperature(scores).argmax(axis=1) == scores.argmax(axis=1)).all()
    assert Calibration().apply_temperature(scores) is scores


@pytest.mark.parametrize("slope", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("intercept", [-1.5, 0.0, 1.5])
def test_a_linear_change_of_the_log_odds_is_undone(slope: float, intercept: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.beta(2, 1, size=20_000)
    moved = Scaling(slope, intercept)(honest)
    found = fit_scaling(moved, rng.uniform(size=20_000) < honest)
    assert found.slope * slope == pytest.approx(1, abs=0.1)
    assert found(moved) == pytest.approx(honest, abs=0.03)


@given(st.floats(0.1, 5), st.floats(-5, 5), st.lists(st.floats(0, 1), min_size=2))
def test_a_scaling_keeps_the_order_of_scores_and_them_between_0_and_1(
    slope: float, intercept: float, scores: list[float]
) -> None:
    found = Scaling(slope, intercept)(np.sort(scores))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_few_entities_move_scores_little() -> None:
    found = fit_scaling(np.array([0.9, 0.6]), np.array([True, False]))
    assert found.slope == pytest.approx(1, abs=0.5)
    assert -0.5 < found.intercept < 0


@pytest.mark.parametrize("size", [50, 5_000])
def test_inverted_scores_are_not_scaled(size: int) -> None:
    scores = np.linspace(0.01, 0.99, size)
    assert fit_scaling(scores, scores < 0.5) == UNSCALED


def test_certain_but_wrong_scores_do_not_fail() -> None:
    found = fit_scaling(np.array([1.0, 1.0, 0.0, 0.5]), np.array([True, False, True, False]))
    assert np.isfinite([found.slope, found.intercept]).all()
    assert log_odds(np.array([0.5]))[0] == 0
