"""Switching off the telemetry of dependencies, before any of them is imported.

By default, some dependencies write an id of the machine to the user's home directory and report their use. The page
``docs/privacy.md`` lists all of them. This module imports none of them.
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
"""Environment variables that switch telemetry off, with the values to set."""


def disable_telemetry() -> None:
    """Set each of :data:`SWITCHES` that the user has not set, for this process and its child processes."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)


@contextmanager
def without(package: str) -> Iterator[None]:
    """Block the import of a telemetry package while the dependency that uses it is imported.

    This is for telemetry that no environment variable switches off.

    Args:
        package: name of the package to block; has no effect if it has been imported already.
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # None makes Python refuse the import
    try:
        yield
    finally:
        del sys.modules[package]
