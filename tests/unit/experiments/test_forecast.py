"""F1 at larger sizes, from runs of smaller ones."""

from __future__ import annotations

import numpy as np
import pytest

from onoma.errors import InputError
from onoma.experiments.forecast import DevSize, fitted_curve, forecast

SIZES = (100, 200, 400)


def law(size: float, *, floor: float, scale: float, exponent: float) -> float:
    return float(1 - floor - scale * size**-exponent)


def test_new_runs_fall_into_the_interval_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    inside = 0
    draws = 40
    for _ in range(draws):
        exponent = float(np.exp(rng.normal(np.log(0.45), 0.45)))
        floor = rng.uniform(0.05, 0.3)
        curve = {"floor": floor, "scale": rng.uniform(0.2, 0.5) * 100**exponent, "exponent": exponent}
        known = {size: [law(size, **curve) + rng.normal(0, 0.015) for _ in range(3)] for size in SIZES}
        (found,) = forecast(known, [1_600])
        inside += found.low <= law(1_600, **curve) + rng.normal(0, 0.015) <= found.high
    assert inside / draws >= 0.85


def test_the_mean_of_an_undisturbed_law_is_near_it():
    curve = {"floor": 0.1, "scale": 4.0, "exponent": 0.45}
    (found,) = forecast({size: [law(size, **curve)] * 3 for size in (100, 200, 400, 800, 1_600)}, [3_200])
    assert found.f1 == pytest.approx(law(3_200, **curve), abs=0.015)


def test_more_noise_is_a_wider_interval():
    def width(noise: float) -> float:
        known = {size: [f1 - noise, f1, f1 + noise] for size, f1 in zip(SIZES, (0.4, 0.5, 0.57), strict=True)}
        (found,) = forecast(known, [800])
        return found.high - found.low

    assert width(0.005) < width(0.02) < width(0.06)


def test_a_smaller_dev_set_is_a_wider_interval():
    def width(entities: float, documents: float) -> float:
        dev = DevSize(entities, documents)
        (found,) = forecast({100: [0.4], 200: [0.5], 400: [0.57]}, [800], dev=dev)
        return found.high - found.low

    assert width(100, 50) > width(400, 50) > width(4_000, 50)
    assert width(400, 2) > width(400, 10) > width(400, 100)


def test_documents_with_unequal_numbers_of_entities_count_as_fewer():
    assert DevSize.of([]) == DevSize(1, 1)
    assert DevSize.of([0, 7]) == DevSize(7, 1)
    assert DevSize.of([7, 7, 7, 7]) == DevSize(28, 4)
    assert DevSize.of([10, 2, 2, 2]).documents == 256 / 112
    assert 1 < DevSize.of([41, 19, 17, 17, 14, 11, 9, 7]).documents < 8


def test_farther_ahead_is_a_wider_interval():
    near, far = forecast({100: [0.4], 200: [0.5], 400: [0.57]}, [500, 6_400])
    assert far.high - far.low > near.high - near.low


@pytest.mark.parametrize(
    "f1",
    [(0.05, 0.05, 0.05), (1.0, 1.0, 1.0), (0.3, 0.5, 0.62), (0.9, 0.95, 0.98)],
    ids=str,
)
def test_forecasts_are_fractions_and_rise_with_the_size(f1):
    known = {size: [value, max(0.0, value - 0.05)] for size, value in zip(SIZES, f1, strict=True)}
    found = forecast(known, [800, 10_000])
    for each in found:
        assert 0 <= each.low <= each.high <= 1
        assert 0 <= each.f1 <= 1
    assert found[0].f1 <= found[1].f1


def test_two_sizes_are_too_few():
    with pytest.raises(InputError, match="at least 3 sizes, not 2"):
        forecast({100: [0.1], 200: [0.2]}, [400])


@pytest.mark.parametrize("f1", [(0.6, 0.55, 0.5), (0.1, 0.5, 1.0), (0.3, 0.3, 0.6)], ids=str)
def test_there_is_no_forecast_where_f1_does_not_follow_a_power_law(f1):
    with pytest.raises(InputError, match="F1 at these sizes does not follow a power law"):
        forecast({size: [value] * 3 for size, value in zip(SIZES, f1, strict=True)}, [800])


def test_the_smallest_sizes_are_set_aside_while_nothing_is_learnt():
    known = {100: [0.4], 200: [0.5], 400: [0.57]}
    assert forecast({25: [0.0], 50: [0.0, 0.005], **known}, [800]) == forecast(known, [800])
    with pytest.raises(InputError, match="at least 3 sizes with an F1 above 1 %, not 1"):
        forecast({100: [0.0] * 3, 300: [0.0] * 3, 1_000: [0.3, 0.31, 0.29]}, [1_500])


def test_the_fitted_curve_goes_from_the_smallest_size_to_the_forecast():
    known = {100: [0.4, 0.41], 200: [0.5, 0.49], 400: [0.57, 0.57]}
    curve = fitted_curve({50: [0.0], **known}, end=900)
    assert (curve[0].sentences, curve[-1]) == (100, *forecast(known, [900]))
    assert [each.f1 for each in curve] == sorted(each.f1 for each in curve)
    assert all(each.low < each.f1 < each.high for each in curve)
    assert curve[0].low < 0.4 < curve[0].high
