"""Heads: what turns hidden states into scores, and owns its loss."""

from collections.abc import Mapping
from types import MappingProxyType

from onoma.models.heads.crf import CrfHead
from onoma.models.heads.head import Head, HeadSettings, Sequences, TagHead
from onoma.models.heads.linear import LinearHead

HEADS: Mapping[str, type[TagHead]] = MappingProxyType({"linear": LinearHead, "crf": CrfHead})
"""Every head by the name that configurations and bundles use."""

__all__ = ["HEADS", "CrfHead", "Head", "HeadSettings", "LinearHead", "Sequences", "TagHead"]
