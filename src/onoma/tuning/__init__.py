"""Hyperparameter search over the settings of a run.

Contains the search space, the study that stores the trials, the worker processes that run them, and the evaluation of
the trials. The caller passes the function that trains a trial.
"""

from onoma.tuning.budget import Budget
from onoma.tuning.choice_inflation import choice_inflation
from onoma.tuning.events import (
    OthersRunning,
    SearchEvent,
    SearchForecast,
    TrialBegun,
    TrialEnded,
    TrialProgress,
    WorkerDied,
)
from onoma.tuning.records import TrialRecord, in_blocks
from onoma.tuning.result import Confirmation, Finalist, TuneResult, rank
from onoma.tuning.search import run_search
from onoma.tuning.space import Choice, Float, Int, Params, SearchSpace, default_space, read_space
from onoma.tuning.storage import quiet, shown_storage, sqlite_storage
from onoma.tuning.study import PrunerName, RunningTrial, Study, StudySettings
from onoma.tuning.worker import PrunedError, TrialOutcome

__all__ = [
    "Budget",
    "Choice",
    "Confirmation",
    "Finalist",
    "Float",
    "Int",
    "OthersRunning",
    "Params",
    "PrunedError",
    "PrunerName",
    "TrialOutcome",
    "RunningTrial",
    "SearchEvent",
    "SearchForecast",
    "SearchSpace",
    "Study",
    "StudySettings",
    "TrialBegun",
    "TrialEnded",
    "TrialProgress",
    "TrialRecord",
    "TuneResult",
    "WorkerDied",
    "choice_inflation",
    "default_space",
    "in_blocks",
    "quiet",
    "rank",
    "read_space",
    "run_search",
    "shown_storage",
    "sqlite_storage",
]
