"""What dependencies tell their makers about their use is switched off before any of them is imported.

Some write an id of the machine into the user's home and send what they were used for, unless they are told not to. The
page ``docs/privacy.md`` lists them all. This module imports none of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

SWITCHES: Mapping[str, str] = MappingProxyType(
    {
        "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime
        "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub and transformers
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
)
"""Environment variables that switch telemetry off, and the values that do so."""


def switch_off() -> None:
    """Set each of :data:`SWITCHES` that the user has not set, for this process and those that it starts."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)


@contextmanager
def without(package: str) -> Iterator[None]:
    """Around the import of a dependency whose telemetry is a package that no variable switches off.

    Args:
        package: it cannot be imported meanwhile, unless it was imported before.
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # Python's own way to refuse an import
    try:
        yield
    finally:
        del sys.modules[package]
