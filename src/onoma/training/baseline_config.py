"""The tables of a configuration that only baselines have, and which of the other settings a baseline takes."""

from __future__ import annotations

from pydantic import BaseModel, Field

from onoma.bundle import BASELINES
from onoma.engine.config import Frozen
from onoma.errors import ConfigError


class CrfConfig(Frozen):
    """How the baseline `crf` is fitted.

    Attributes:
        c1: penalty on the sum of absolute weights.
        c2: penalty on the sum of squared weights.
        iterations: of L-BFGS at most.
    """

    c1: float = Field(default=0.1, ge=0)
    c2: float = Field(default=0.01, ge=0)
    iterations: int = Field(default=100, ge=1)


class BilstmConfig(Frozen):
    """The measures of the baseline `bilstm`; see :class:`~onoma.models.word_network.NetworkSettings`."""

    word_size: int = Field(default=100, ge=1)
    character_size: int = Field(default=30, ge=1)
    filters: int = Field(default=50, ge=1)
    hidden: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.5, ge=0, lt=1)


_OF_ALL = frozenset({"output", "data", "model.encoder", "model.tag_scheme", "training.seed"})
_OF_STEPS = frozenset(
    f"training.{name}"
    for name in (
        "epochs", "patience", "learning_rate", "batch_subwords", "warmup", "weight_decay", "clip", "device", "dtype",
        "average", "accumulate", "checkpoint_minutes", "checkpoint_steps", "log",
    )
)  # fmt: skip
_SETTINGS = {"crf": _OF_ALL | {"crf"}, "bilstm": _OF_ALL | _OF_STEPS | {"bilstm"}, "gazetteer": _OF_ALL}
"""The tables and settings that each baseline has, by dotted key."""

_WITHOUT_EFFECT = frozenset({"data.mixed_lengths", "data.weight"})
"""Of those: sentences are scored one at a time, whatever they are beside, and there is one task."""


def check_settings(config: BaseModel, *, encoder: str) -> None:
    """Refuse settings that would have no effect.

    Raises:
        ConfigError: a setting is not one of the baseline, or one of a baseline where an encoder is trained.
    """
    changed = config.model_dump(exclude_defaults=True)
    if encoder not in BASELINES:
        for name in BASELINES:
            if name in changed:
                raise ConfigError(f"{name}: is for the baseline {name}, and model.encoder is {encoder}; remove it")
        return
    if "task" in changed:
        raise ConfigError(
            f"task: the baseline {encoder} learns entities alone; leave out the tables [[task]], or choose an encoder"
        )
    known = _SETTINGS[encoder]
    found = [
        key
        for name, value in changed.items()
        for key in ([f"{name}.{each}" for each in value] if isinstance(value, dict) else [name])
        if key in _WITHOUT_EFFECT or not {key, name} & known
    ]
    if found:
        raise ConfigError(
            f"{', '.join(found)}: the baseline {encoder} has no such setting; remove it, or choose an encoder"
        )
    if changed.get("training", {}).get("dtype", "fp32") != "fp32":
        raise ConfigError(f"training.dtype: the baseline {encoder} is trained in fp32; remove it")
