"""Fine-tuning: corpora and a configuration in, a trained model out."""

from onoma.engine.devices import Ranks, find_ranks, joined
from onoma.engine.events import Epoch, Observer, Plan, Step
from onoma.engine.history import copy_logs
from onoma.training.config import RunConfig, read_config, read_setting
from onoma.training.resume import settings_of_run
from onoma.training.run import Trained, run_training

__all__ = [
    "Epoch",
    "Observer",
    "Plan",
    "Ranks",
    "RunConfig",
    "Step",
    "Trained",
    "copy_logs",
    "find_ranks",
    "joined",
    "read_config",
    "read_setting",
    "run_training",
    "settings_of_run",
]
