"""Parameter groups with their own learning rate and weight decay; some parameters may be frozen.

Sources: Howard and Ruder 2018, section 3.2, and Clark et al. 2020, appendix B (lower learning rates in lower layers);
Lee et al. 2019, What Would Elsa Do? (frozen layers); Devlin et al. 2019 (no weight decay for biases and norms).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from torch import nn

from onoma.engine.data import AnyBatch, Objective
from onoma.errors import ConfigError
from onoma.models.depth import count_layers, is_embedding, layer_of

_ENCODER_PREFIX = "encoder."
_HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    """Learning rates, weight decay and freezing of the parameters.

    Attributes:
        learning_rate: learning rate of the top layer, and of the encoder parameters above it.
        weight_decay: decoupled weight decay; not applied to biases and norms.
        layer_decay: factor by which the learning rate decreases from each layer to the one below it; the embeddings
            count as the lowest layer.
        head_learning_rate: learning rate of the head; None for ``learning_rate``.
        freeze_embeddings: whether to freeze the embeddings.
        freeze_layers: number of layers, counted from the lowest, that are frozen together with the embeddings.
    """

    learning_rate: float
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    head_learning_rate: float | None = None
    freeze_embeddings: bool = False
    freeze_layers: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters with the same learning rate and weight decay.

    Attributes:
        name: description of the group, such as ``layer 3, decayed``.
        parameters: parameters by their names in the model.
        learning_rate: learning rate of the group.
        weight_decay: weight decay of the group.
    """

    name: str
    parameters: dict[str, nn.Parameter]
    learning_rate: float
    weight_decay: float

    def options(self) -> dict[str, object]:
        """Return the group in the format of torch's optimizers."""
        weights = list(self.parameters.values())
        return {"params": weights, "lr": self.learning_rate, "weight_decay": self.weight_decay, "name": self.name}


def make_groups(objective: Objective[AnyBatch], *, settings: GroupSettings) -> list[Group]:
    """Return the groups of all trainable parameters, from the lowest layer to the head.

    Sets ``requires_grad`` of frozen parameters to false. Parameters that did not require a gradient before, as with
    LoRA, are left out as well.

    Raises:
        ConfigError: the encoder has fewer layers than are to be frozen, or its layers cannot be determined from the
            names of its parameters.
    """
    layers = count_layers(name for name, _ in objective.named_parameters() if name.startswith(_ENCODER_PREFIX))
    _check_settings(settings, layers=layers)
    factors = objective.lr_multipliers
    groups: dict[tuple[int, bool, float], dict[str, nn.Parameter]] = defaultdict(dict)
    for name, weights in objective.named_parameters():
        depth = _depth(name, layers=layers)
        if depth <= settings.freeze_layers and (depth > 0 or settings.freeze_layers or settings.freeze_embeddings):
            weights.requires_grad_(False)
        if weights.requires_grad:
            groups[depth, weights.ndim > 1, factors.get(name, 1.0)][name] = weights
    return [
        Group(
            f"{_title(depth, layers=layers)}, {'decayed' if decayed else 'not decayed'}",
            parameters,
            learning_rate=factor * _learning_rate(depth, layers=layers, settings=settings),
            weight_decay=settings.weight_decay if decayed else 0.0,
        )
        for (depth, decayed, factor), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]


def is_head(group: str) -> bool:
    """Return whether a group with this name contains parameters of the head."""
    return group.startswith(_HEAD)


def _depth(name: str, *, layers: int) -> int:
    """Return the depth of a parameter: 0 for embeddings, 1 to n for layers, n + 1 above them, n + 2 for the head."""
    if not name.startswith(_ENCODER_PREFIX):
        return layers + 2
    name_in_encoder = name.removeprefix(_ENCODER_PREFIX)
    layer = layer_of(name_in_encoder)
    if layer is not None:
        return layer + 1
    return 0 if is_embedding(name_in_encoder) else layers + 1


def _title(depth: int, *, layers: int) -> str:
    titles = {0: "embeddings", layers + 1: "above the layers", layers + 2: _HEAD}
    return titles.get(depth, f"layer {depth - 1}")


def _learning_rate(depth: int, *, layers: int, settings: GroupSettings) -> float:
    if depth > layers + 1 and settings.head_learning_rate is not None:
        return settings.head_learning_rate
    return settings.learning_rate * settings.layer_decay ** max(0, layers - depth)


def _check_settings(settings: GroupSettings, *, layers: int) -> None:
    if not layers and (settings.layer_decay != 1.0 or settings.freeze_layers):
        raise ConfigError(
            "training.layer_decay and training.freeze_layers: the layers of this encoder cannot be determined "
            "from the names of its parameters; remove both"
        )
    if settings.freeze_layers > layers:
        raise ConfigError(f"training.freeze_layers: {settings.freeze_layers} are more than the encoder's {layers}")
