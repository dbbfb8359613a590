"""The configuration tables of the baselines, and the check of the settings that each baseline supports."""

from __future__ import annotations

from pydantic import BaseModel, Field

from onoma.bundle import BASELINES
from onoma.engine.config import ConfigTable
from onoma.errors import ConfigError


class CrfConfig(ConfigTable):
    """Training settings of the baseline `crf`.

    Attributes:
        c1: coefficient of L1 regularisation (penalty on the sum of absolute weights).
        c2: coefficient of L2 regularisation (penalty on the sum of squared weights).
        iterations: maximum number of L-BFGS iterations.
    """

    c1: float = Field(default=0.1, ge=0)
    c2: float = Field(default=0.01, ge=0)
    iterations: int = Field(default=100, ge=1)


class BilstmConfig(ConfigTable):
    """Size and dropout of the baseline `bilstm`; see :class:`~onoma.models.word_network.NetworkSettings`.

    Attributes:
        word_size: size of the word embeddings.
        character_size: size of the character embeddings.
        filters: number of filters of the convolution over the characters of a word.
        hidden: number of units of the LSTM in each direction.
        dropout: dropout probability of the inputs of the LSTM and of the head.
    """

    word_size: int = Field(default=100, ge=1)
    character_size: int = Field(default=30, ge=1)
    filters: int = Field(default=50, ge=1)
    hidden: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.5, ge=0, lt=1)


_COMMON_SETTINGS = frozenset({"output", "data", "model.encoder", "model.tag_scheme", "training.seed"})
_ENGINE_SETTINGS = frozenset(
    f"training.{name}"
    for name in (
        "epochs", "patience", "learning_rate", "batch_subwords", "warmup", "weight_decay", "clip", "device", "dtype",
        "average", "accumulate", "checkpoint_minutes", "checkpoint_steps", "log",
    )
)  # fmt: skip
_SUPPORTED_SETTINGS = {
    "crf": _COMMON_SETTINGS | {"crf"},
    "bilstm": _COMMON_SETTINGS | _ENGINE_SETTINGS | {"bilstm"},
    "gazetteer": _COMMON_SETTINGS,
}
"""Tables and settings that each baseline supports, as dotted keys."""

_UNUSED_SETTINGS = frozenset({"data.mixed_lengths", "data.weight"})
"""Settings of a supported table without effect: baselines score each sentence on its own, and have a single task."""


def check_settings(config: BaseModel, *, encoder: str) -> None:
    """Check that no setting would be without effect.

    Args:
        config: configuration of a run.
        encoder: name of the encoder or baseline to train.

    Raises:
        ConfigError: a setting is not supported by the baseline, or a setting of a baseline is given for an encoder.
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
    supported = _SUPPORTED_SETTINGS[encoder]
    unsupported = [
        key
        for name, value in changed.items()
        for key in ([f"{name}.{each}" for each in value] if isinstance(value, dict) else [name])
        if key in _UNUSED_SETTINGS or not {key, name} & supported
    ]
    if unsupported:
        them = "this setting; remove it" if len(unsupported) == 1 else "these settings; remove them"
        raise ConfigError(
            f"{', '.join(unsupported)}: the baseline {encoder} does not have {them}, or choose an encoder"
        )
    if changed.get("training", {}).get("dtype", "fp32") != "fp32":
        raise ConfigError(f"training.dtype: the baseline {encoder} is trained in fp32; remove it")
