"""Which values a trial gets: the first trial those of the run as it is, the others what a tree-structured Parzen
estimator suggests.

What is suggested depends on the trials before it and its number, not on the process that asks: a search that was
interrupted goes on as it would have gone on.

Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"; multivariate as in Falkner et al. 2018.
"""

from __future__ import annotations

from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

from onoma.tuning.space import Choice, Domain, Float, Params, SearchSpace

_RANDOM_TRIALS = 6
"""So many are drawn at random before there is enough to estimate from."""

_SEEDS = 2**32


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """The space as Optuna has it."""
    return {key: _distribution(domain) for key, domain in space.domains.items()}


class TrialSampler(BaseSampler):
    """Suggests the values of a trial.

    Args:
        space: what is searched.
        first: the values of the first trial; None to draw them too.
        seed: decides what is drawn.
    """

    def __init__(self, space: SearchSpace, *, first: Params | None, seed: int) -> None:
        self._distributions = distributions(space)
        self._first = first
        self._seed = seed
        self._current: tuple[int, TPESampler] | None = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        if self._is_first(trial):
            return self._distributions
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if self._is_first(trial):
            return dict(self._first or {})
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)

    def _is_first(self, trial: FrozenTrial) -> bool:
        return trial.number == 0 and self._first is not None

    def _of(self, trial: FrozenTrial) -> TPESampler:
        """The estimator of this trial."""
        if self._current is None or self._current[0] != trial.number:
            seed = (self._seed * 1_000_003 + trial.number) % _SEEDS
            self._current = trial.number, TPESampler(n_startup_trials=_RANDOM_TRIALS, seed=seed)
        return self._current[1]


def _distribution(domain: Domain) -> BaseDistribution:
    if isinstance(domain, Choice):
        return CategoricalDistribution(domain.values)
    if isinstance(domain, Float):
        return FloatDistribution(domain.low, domain.high, log=domain.log)
    return IntDistribution(domain.low, domain.high, log=domain.log)
