"""Sampler of the values of trials, based on a tree-structured Parzen estimator (TPE).

The first trial may have given values, those of the original run. The values of a trial depend on the trials before it
and on its shown number, not on the process that asks for them: an interrupted search continues as if it had not been
interrupted, except that Hyperband chooses the brackets of trials by their numbers in the storage.

Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"; multivariate as in Falkner et al. 2018.
"""

from __future__ import annotations

from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

from onoma.tuning.numbering import shown_numbers
from onoma.tuning.space import Choice, Domain, Float, Params, SearchSpace

_RANDOM_TRIALS = 6
"""Number of trials whose values are drawn at random before there is enough data for the estimator."""

_SEED_MODULUS = 2**32


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return the search space as Optuna distributions, by dotted key."""
    return {key: _distribution(domain) for key, domain in space.domains.items()}


class TrialSampler(BaseSampler):
    """An Optuna sampler that suggests the values of trials.

    Args:
        space: the search space.
        first: values of the first trial; None to sample them too.
        seed: seed of the sampling.
    """

    def __init__(self, space: SearchSpace, *, first: Params | None, seed: int) -> None:
        self._distributions = distributions(space)
        self._first_params = first
        self._seed = seed
        self._current: tuple[int, TPESampler] | None = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        if self._is_first(trial):
            return self._distributions
        return self._get_tpe_sampler(study, trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if self._is_first(trial):
            return dict(self._first_params or {})
        return self._get_tpe_sampler(study, trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._get_tpe_sampler(study, trial).sample_independent(study, trial, param_name, param_distribution)

    def _is_first(self, trial: FrozenTrial) -> bool:
        return trial.number == 0 and self._first_params is not None

    def _get_tpe_sampler(self, study: Study, trial: FrozenTrial) -> TPESampler:
        """Return the TPE sampler of a trial, seeded by the trial's shown number."""
        if self._current is None or self._current[0] != trial.number:
            trials = study._storage.get_all_trials(study._study_id, deepcopy=False)  # Hyperband hides some in `study`
            seed = (self._seed * 1_000_003 + shown_numbers(trials)[trial.number]) % _SEED_MODULUS
            self._current = trial.number, TPESampler(n_startup_trials=_RANDOM_TRIALS, seed=seed)
        return self._current[1]


def _distribution(domain: Domain) -> BaseDistribution:
    if isinstance(domain, Choice):
        return CategoricalDistribution(domain.values)
    if isinstance(domain, Float):
        return FloatDistribution(domain.low, domain.high, log=domain.log)
    return IntDistribution(domain.low, domain.high, log=domain.log)
