"""Fine-tuning of a model on annotated corpora, according to a configuration."""

from onoma.engine.config import read_setting
from onoma.engine.devices import Ranks, find_ranks, joined
from onoma.engine.history import copy_logs, read_history
from onoma.training.baselines import TrainedBaseline, train_baseline
from onoma.training.building import default_learning_rate
from onoma.training.config import RunConfig, TaskConfig, read_config
from onoma.training.parts import read_part
from onoma.training.run import SettledRun, Tested, TestedTask, Trained, run_training, settle_run
from onoma.training.several import check_labels, named

__all__ = [
    "Ranks",
    "RunConfig",
    "SettledRun",
    "TaskConfig",
    "Tested",
    "TestedTask",
    "Trained",
    "TrainedBaseline",
    "check_labels",
    "copy_logs",
    "default_learning_rate",
    "find_ranks",
    "joined",
    "named",
    "read_config",
    "read_history",
    "read_part",
    "read_setting",
    "run_training",
    "settle_run",
    "train_baseline",
]
