from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from onoma.errors import ParityError
from onoma.export import Parity, measure_parity
from onoma.runtime import PaddedBatch

IDS = NDArray[np.int64]


class Engine:
    """A score of every subword: its id, and what a broken engine would add."""

    def __init__(self, *, always: float = 0.0, in_company: float = 0.0, when_padded: float = 0.0) -> None:
        self.always = always
        self.in_company = in_company
        self.when_padded = when_padded

    def run(self, batches: Iterable[PaddedBatch]) -> Iterator[dict[str, NDArray[np.float32]]]:
        for batch in batches:
            yield {"entities": self.scores(batch.ids, batch.mask)}

    def scores(self, ids: IDS, mask: IDS) -> NDArray[np.float32]:
        scores = ids + self.always + (self.in_company if len(ids) > 1 else 0.0)
        scores = scores + self.when_padded * (mask == 0).any(axis=1, keepdims=True)
        scores[mask == 0] = np.nan
        logits: NDArray[np.float32] = scores[:, :, None].astype(np.float32)
        return logits


SAMPLES = [np.arange(9), np.arange(4), np.arange(4)]


def test_equal_engines_do_not_differ() -> None:
    parity = measure_parity(Engine(), Engine(), samples=SAMPLES)
    assert parity == Parity(engines=0.0, batch=0.0, padding=0.0, samples=6)
    parity.require(0.0)


@pytest.mark.parametrize("samples", [SAMPLES, [np.arange(5)], [np.arange(2)]])
def test_each_figure_measures_its_own_kind_of_difference(samples: list[IDS]) -> None:
    assert measure_parity(Engine(always=0.5), Engine(), samples=samples).engines == 0.5
    company = measure_parity(Engine(in_company=0.25), Engine(), samples=samples)
    assert (company.engines, company.batch, company.padding) == (0.0, 0.25, 0.25)
    padded = measure_parity(Engine(when_padded=2.0), Engine(), samples=samples)
    assert (padded.engines, padded.batch, padded.padding) == (0.0, 0.0, 2.0)


def test_a_difference_above_the_tolerance_is_refused_with_figures() -> None:
    parity = measure_parity(Engine(always=0.5), Engine(), samples=SAMPLES)
    with pytest.raises(
        ParityError, match=r"up to 0\.5, and 0\.1 is allowed \(engines 0\.5, batch 0, padding 0, samples 6\)"
    ):
        parity.require(0.1)


def test_nan_is_refused() -> None:
    parity = measure_parity(Engine(always=float("nan")), Engine(), samples=SAMPLES)
    with pytest.raises(ParityError, match="nan"):
        parity.require(1e9)


def test_without_samples_there_is_no_parity() -> None:
    with pytest.raises(ValueError, match="at least one window"):
        measure_parity(Engine(), Engine(), samples=[])
