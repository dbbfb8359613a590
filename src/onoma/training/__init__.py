"""Fine-tuning: corpora and a configuration in, a trained model out."""

from onoma.engine.config import read_setting
from onoma.engine.devices import Ranks, find_ranks, joined
from onoma.engine.history import copy_logs, read_history
from onoma.training.config import RunConfig, read_config
from onoma.training.parts import read_part
from onoma.training.run import Tested, Trained, run_training

__all__ = [
    "Ranks",
    "RunConfig",
    "Tested",
    "Trained",
    "copy_logs",
    "find_ranks",
    "joined",
    "read_config",
    "read_history",
    "read_part",
    "read_setting",
    "run_training",
]
