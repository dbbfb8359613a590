"""Fine-tuning of a model on annotated corpora, according to a configuration."""

from onoma.engine.config import read_setting
from onoma.engine.devices import ProcessGroup, find_ranks, joined
from onoma.engine.history import copy_logs, read_history
from onoma.engine.run import save_result
from onoma.training.additional_tasks import named
from onoma.training.baselines import TrainedBaseline, train_baseline
from onoma.training.building import check_model
from onoma.training.config import RunConfig, TaskConfig
from onoma.training.config_reading import read_config
from onoma.training.learning_rates import default_learning_rate
from onoma.training.parts import (
    Part,
    describe_missing_labels,
    read_part,
    report_unseen_labels,
)
from onoma.training.run import ResolvedRun, TaskTestEvaluated, TestEvaluated, TrainedModel, resolve_run, run_training

__all__ = [
    "Part",
    "ProcessGroup",
    "RunConfig",
    "ResolvedRun",
    "TaskConfig",
    "TestEvaluated",
    "TaskTestEvaluated",
    "TrainedModel",
    "TrainedBaseline",
    "describe_missing_labels",
    "check_model",
    "copy_logs",
    "default_learning_rate",
    "find_ranks",
    "joined",
    "named",
    "read_config",
    "read_history",
    "read_part",
    "read_setting",
    "report_unseen_labels",
    "run_training",
    "save_result",
    "resolve_run",
    "train_baseline",
]
