"""Heads: what turns hidden states into logits, and owns its loss."""

from collections.abc import Mapping
from types import MappingProxyType

from onoma.models.heads.head import NO_TARGET, Head
from onoma.models.heads.linear import LinearHead

HEADS: Mapping[str, type[Head]] = MappingProxyType({"linear": LinearHead})
"""Every head by the name that configurations and bundles use."""

__all__ = ["HEADS", "NO_TARGET", "Head", "LinearHead"]
