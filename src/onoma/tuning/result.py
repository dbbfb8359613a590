"""Result of a search and how far it can be trusted, from its trials and from runs of the best one with new seeds.

The F1 on dev of the best of many trials is too high for two reasons. First, its seed was lucky: runs with new seeds
show by how much. Second, the chosen trial suits this dev set by chance: see :mod:`.choice_inflation`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev, variance

from onoma.counting import counted
from onoma.errors import InputError
from onoma.metrics import SeedsDifference
from onoma.tuning.choice_inflation import choice_inflation
from onoma.tuning.records import TrialRecord

_TOP_TRIALS = 5

_T_QUANTILES = (4.30, 2.78, 2.45, 2.31, 2.23, 2.18, 2.14, 2.12)
"""Bounds that contain 95 % of Student's t distribution (two-sided) for two groups of runs, by seeds from 2."""

_LARGE_SAMPLE_T_QUANTILE = 2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Runs of the best trial and of the original run with seeds that the search has not used.

    Attributes:
        seeds: seeds with which both have finished.
        best, defaults: F1 on dev of each run of the best trial and of the original run, fractions of 1.
        difference: difference of the mean F1, best trial minus original run; its interval covers other text of the same
            kind and, with several seeds, other seeds.
    """

    seeds: tuple[int, ...]
    best: tuple[float, ...]
    defaults: tuple[float, ...]
    difference: SeedsDifference

    @property
    def seed_noise(self) -> float:
        """Bound that differences due to the training seeds alone stay below in 95 % of cases; infinite with one seed.

        It is half the width of Student's t interval for two groups with the same variance.
        """
        seeds = len(self.seeds)
        if seeds < 2:
            return math.inf
        t = _T_QUANTILES[seeds - 2] if seeds < len(_T_QUANTILES) + 2 else _LARGE_SAMPLE_T_QUANTILE
        return t * math.sqrt((variance(self.best) + variance(self.defaults)) / seeds)


@dataclass(frozen=True, slots=True)
class Finalist:
    """One of the best trials, trained with further seeds to choose among them.

    Attributes:
        trial: the trial.
        f1: F1 on dev with the seed of the search and with each further seed that has finished, fractions of 1.
    """

    trial: TrialRecord
    f1: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean F1 on dev over the seeds."""
        return fmean(self.f1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneResult:
    """Result of a search.

    Attributes:
        trials: all trials of the study, by number.
        best: the finished trial with the highest F1 on dev; with finalists, the one of them with the highest mean.
        runner_up: the second best finished trial with other settings; None if there is none.
        defaults: the trial of the original run, with no setting changed; None if its settings are not in the search
            space or it has not finished.
        confirmation: runs of the best trial and of the original run with new seeds; None if the best trial is the
            original run, or if there are no such runs.
        finalists: the best trials with their runs with further seeds, best first; empty if there are no such runs.
        failures: reasons why runs with new seeds have failed.
        unfinished: number of runs with new seeds that the time limit of the call left unfinished.
        is_helper: whether another call continues the search and writes its results, so that these are the trials so
            far.
        notes: notices for the reader, such as on how data was read.
        seconds: time of the search in this call, without the runs with new seeds.
    """

    trials: tuple[TrialRecord, ...]
    best: TrialRecord
    runner_up: TrialRecord | None
    defaults: TrialRecord | None
    confirmation: Confirmation | None
    finalists: tuple[Finalist, ...] = ()
    failures: tuple[str, ...] = ()
    unfinished: int = 0
    is_helper: bool = False
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @classmethod
    def of(cls, trials: Sequence[TrialRecord], *, notes: Sequence[str], seconds: float) -> TuneResult:
        """Return the result of a study's trials, without a confirmation by new seeds.

        Raises:
            InputError: no trial has finished.
        """
        ranked = rank(trials)
        if not ranked:
            reasons = dict.fromkeys(trial.reason for trial in trials if trial.state == "failed")
            running = sum(trial.state == "running" for trial in trials)
            advice = "give more --minutes or --trials, and --resume"
            if reasons:
                advice = "\n  ".join(["trials have failed:", *reasons])
            elif running:
                advice = f"other calls are running {counted(running, 'trial')}"
            raise InputError(f"no trial has finished, so there is nothing to choose from; {advice}")
        return cls(
            trials=tuple(trials),
            best=ranked[0],
            runner_up=ranked[1] if len(ranked) > 1 else None,
            defaults=next((each for each in trials if each.is_default and each.state == "finished"), None),
            confirmation=None,
            notes=tuple(notes),
            seconds=seconds,
        )

    def choose(self, finalists: Sequence[Finalist]) -> TuneResult:
        """Return the result in which the finalist with the highest mean F1 is the best trial, and the next runner-up.

        Finalists that have finished with fewer seeds come last, since their mean has more of the luck of the search.
        """
        best, runner_up, *others = sorted(finalists, key=lambda each: (-len(each.f1), -each.mean))
        return replace(self, best=best.trial, runner_up=runner_up.trial, finalists=(best, runner_up, *others))

    @property
    def f1(self) -> float:
        """F1 of the best trial in the search on dev, a fraction of 1."""
        return self.best.f1 or 0.0

    @property
    def seed_inflation(self) -> float | None:
        """F1 of the best trial in the search minus its mean F1 with new seeds; None without such runs."""
        return None if self.confirmation is None else self.f1 - fmean(self.confirmation.best)

    @property
    def choice_inflation(self) -> float | None:
        """Estimate of how much choosing the best trial on dev adds to its F1 there; None if it cannot be estimated.

        It cannot if the counts of the best trial are not known, or dev is small; other trials without counts are
        ignored.
        """
        return None if self.best.counts is None else choice_inflation(self._finished)

    @property
    def _finished(self) -> list[TrialRecord]:
        return [trial for trial in self.trials if trial.state == "finished"]

    @property
    def top(self) -> tuple[float, ...]:
        """F1 on dev of the five best trials, highest first; shows how much depends on the choice among them."""
        return tuple(sorted((trial.f1 or 0.0 for trial in self._finished), reverse=True)[:_TOP_TRIALS])

    @property
    def beats_seed_noise(self) -> bool:
        """Whether the best trial is better on dev than the original run by more than the seed noise."""
        confirmation = self.confirmation
        return confirmation is not None and confirmation.difference.value > confirmation.seed_noise

    @property
    def holds_elsewhere(self) -> bool:
        """Whether the best trial is probably better than the original run on other text of this kind too.

        Their difference must exceed the seed noise, and its lower bound must exceed the choice inflation, which must be
        known.
        """
        confirmation, inflation = self.confirmation, self.choice_inflation
        return (
            self.beats_seed_noise
            and confirmation is not None
            and inflation is not None
            and confirmation.difference.interval.low > inflation
        )

    def statements(self) -> Iterator[str]:
        """Yield the result in sentences, with F1 in points of 100."""
        finished = len(self._finished)
        pruned = sum(trial.state == "pruned" for trial in self.trials)
        failed = sum(trial.state == "failed" for trial in self.trials)
        others = f"; the best {len(self.top)} have {', '.join(map(_format_points, self.top))}"
        first = rank(self.trials)[0]
        yield (
            f"Trials{' so far' * self.is_helper}: {finished} finished, {pruned} pruned, {failed} failed. "
            f"Best on dev: trial {first.shown_number} with F1 {_format_points(first.f1 or 0.0)}"
            f"{others if len(self.top) > 1 else ''}."
        )
        if self.is_helper:
            yield "Another call continues the search, trains the best trial with new seeds, and writes the results."
            return
        if self.finalists:
            yield self._describe_finalists()
        if self.failures:
            yield f"Runs with new seeds have failed: {'; '.join(self.failures)}."
        if self.unfinished:
            runs = counted(self.unfinished, "run with a new seed is", "runs with new seeds are")
            yield f"The time was up: {runs} unfinished, so this result may change; --resume continues."
        if self.best.is_default:
            means = " over these seeds" * (not first.is_default)
            yield f"No trial was better on dev{means} than the original run: keep the defaults."
            return
        if self.defaults is not None:
            yield f"The original run has F1 {_format_points(self.defaults.f1 or 0.0)} with the same seed."
        yield from self._seed_statements()
        yield self._describe_choice_inflation()
        yield self._verdict()

    def _describe_finalists(self) -> str:
        seeds = max(len(each.f1) for each in self.finalists)
        means = ", ".join(
            f"trial {each.trial.shown_number} {_format_points(each.mean)}"
            + (f" with {counted(len(each.f1), 'seed')} only" if len(each.f1) < seeds else "")
            for each in self.finalists
        )
        return (
            f"Mean F1 of the best {len(self.finalists)} trials with {counted(seeds, 'seed')}, that of the search "
            f"included: {means}. So trial {self.best.shown_number} is the best."
        )

    def _describe_choice_inflation(self) -> str:
        inflation = self.choice_inflation
        if inflation is None:
            return "How much the choice among trials adds to F1 on this dev could not be estimated."
        known = sum(trial.counts is not None for trial in self._finished)
        trials = "the trials" if known == len(self._finished) else f"{known} of the {len(self._finished)} trials"
        return (
            f"Choosing among {trials} on this dev adds about {_format_points(inflation)} to F1 there, beyond what its "
            "seed adds."
        )

    def _seed_statements(self) -> Iterator[str]:
        confirmation = self.confirmation
        if confirmation is None:
            is_tried = self.failures or self.unfinished
            missing = "With no new seed have both runs finished" if is_tried else "No run with a new seed was made"
            yield f"{missing}, so the figure of the best trial is too high by an unknown amount."
            return
        low, high = (
            f"{100 * bound:+.2f}"
            for bound in (confirmation.difference.interval.low, confirmation.difference.interval.high)
        )
        against_search = f"{-100 * (self.seed_inflation or 0.0):+.2f} against the search"
        yield (
            f"With {counted(len(confirmation.seeds), 'new seed')} the best trial has F1 "
            f"{_format_mean(confirmation.best)} on dev ({against_search}), "
            f"the original run {_format_mean(confirmation.defaults)}."
        )
        noise, other_seeds = (
            ("", "")
            if math.isinf(confirmation.seed_noise)
            else (f"; seeds alone make ±{_format_points(confirmation.seed_noise)} (95 %)", " and other seeds")
        )
        yield (
            f"Difference {100 * confirmation.difference.value:+.2f}{noise}. For other text of this kind{other_seeds} "
            f"the interval is {low} to {high} (95 %)."
        )

    def _verdict(self) -> str:
        if self.confirmation is None:
            return "Whether it is better than the defaults is not known."
        if math.isinf(self.confirmation.seed_noise):
            return "One new seed does not show the noise of seeds: give more with --seeds, or keep the defaults."
        if self.holds_elsewhere:
            return "The best trial is better than the defaults by more than the noise of seeds, text and the choice."
        if self.beats_seed_noise:
            return (
                "The best trial is better than the defaults on this dev by more than the noise of seeds; that it is so "
                "on other text is not shown."
            )
        return "The best trial is not better than the defaults by more than the noise of seeds: the defaults are safe."

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`, with F1 in fractions of 1.

        Trials have the numbers that are shown to users; a trial that was interrupted has an entry for each part.
        """
        return {
            "trials": [_trial_json(trial) for trial in self.trials],
            "best": self.best.shown_number,
            "runner_up": None if self.runner_up is None else self.runner_up.shown_number,
            "defaults": None if self.defaults is None else self.defaults.shown_number,
            "finalists": [{"trial": each.trial.shown_number, "f1": list(each.f1)} for each in self.finalists],
            "confirmation": self._confirmation_json(),
            "failures": list(self.failures),
            "unfinished": self.unfinished,
            "is_helper": self.is_helper,
            "seed_inflation": self.seed_inflation,
            "choice_inflation": self.choice_inflation,
            "beats_seed_noise": self.beats_seed_noise,
            "holds_elsewhere": self.holds_elsewhere,
            "statements": list(self.statements()),
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    def _confirmation_json(self) -> Mapping[str, object] | None:
        confirmation = self.confirmation
        if confirmation is None:
            return None
        return {
            **asdict(confirmation),
            "seed_noise": None if math.isinf(confirmation.seed_noise) else confirmation.seed_noise,
        }


def _trial_json(trial: TrialRecord) -> dict[str, object]:
    values = {key: value for key, value in asdict(trial).items() if key not in ("shown_number", "counts")}
    return {**values, "number": trial.shown_number, "storage_number": trial.number, "params": dict(trial.params)}


def rank(trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return the finished trials with distinct settings by decreasing F1, ties by number."""
    finished = sorted((trial for trial in trials if trial.state == "finished"), key=_sort_key)
    ranked: list[TrialRecord] = []
    for trial in finished:
        if not any(trial.params == better.params for better in ranked):
            ranked.append(trial)
    return ranked


def _sort_key(trial: TrialRecord) -> tuple[float, int]:
    return -(trial.f1 or 0.0), trial.shown_number


def _format_points(value: float) -> str:
    return f"{100 * value:.2f}"


def _format_mean(values: Sequence[float]) -> str:
    deviation = f" ± {_format_points(stdev(values))}" if len(values) > 1 else ""
    return f"{_format_points(fmean(values))}{deviation}"
