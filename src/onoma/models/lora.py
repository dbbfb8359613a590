"""LoRA: low-rank adapters that are trained next to frozen matrices, through `peft`, and merged into them afterwards.

Sources: Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models; Dettmers et al. 2023, QLoRA, figure 2
(adapters on all matrices of the layers, not only on query and value, match full fine-tuning).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from torch import nn

from onoma.errors import ConfigError, optional_import
from onoma.models.depth import layer_of
from onoma.models.encoder import Encoder
from onoma.models.transformers_encoder import AutoEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """Settings of the adapters.

    Attributes:
        rank: rank of an adapter.
        alpha: scale of an adapter, whose output is multiplied by ``alpha / rank``.
        dropout: dropout probability of an adapter's input in training.
        targets: names, or ends of names, of the matrices that get an adapter; empty for all matrices of the layers.
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ()


def add_lora(encoder: Encoder | AutoEncoder, *, settings: LoraSettings) -> None:
    """Freeze an encoder and add adapters to its matrices, in place; its hidden states do not change before training.

    Raises:
        MissingExtraError: `peft` is not installed.
        ConfigError: a target is not the name of any matrix of the layers.
    """
    with optional_import("LoRA", extra="lora"), _suppress_warnings():
        from peft import LoraConfig, inject_adapter_in_model
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=cast(int, settings.alpha),  # a float works too, since peft only divides it by the rank
        lora_dropout=settings.dropout,
        target_modules=_select_matrices(encoder, targets=settings.targets),
    )
    with _suppress_warnings():
        inject_adapter_in_model(config, encoder)


def merge_lora(encoder: Encoder | AutoEncoder) -> None:
    """Merge the adapters into their matrices and remove them, in place.

    Afterwards the parameters have their original names, and all of them require gradients.
    """
    from peft.tuners.lora import LoraLayer

    for name, module in list(encoder.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            encoder.set_submodule(name, module.get_base_layer())
    encoder.requires_grad_(True)


def _select_matrices(encoder: nn.Module, *, targets: Sequence[str]) -> list[str]:
    """Return the names of the matrices of the layers that match a target, or of all of them if there are no targets."""
    names = [name for name, module in encoder.named_modules() if isinstance(module, nn.Linear)]
    in_layers = [name for name in names if layer_of(name) is not None]
    matches = {target: [name for name in in_layers if f".{name}".endswith(f".{target}")] for target in targets}
    for target, matched in matches.items():
        if not matched:
            choices = ", ".join(sorted({name.rpartition(".")[2] for name in in_layers}))
            raise ConfigError(f"training.lora.targets: no matrix of the layers has the name {target!r}; use {choices}")
    return sorted({name for matched in matches.values() for name in matched}) if targets else in_layers


@contextmanager
def _suppress_warnings() -> Iterator[None]:
    """Suppress the warnings of `peft`, which are not relevant to users of onoma."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
