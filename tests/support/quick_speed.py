"""Measures the speed of a model for a moment instead of seconds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from onoma.api import speed
from onoma.text import Document


def measure(pipe: Connection, folder: Path, documents: Sequence[Document]) -> None:
    """The same as :func:`~onoma.api.speed.measure_speed`."""
    speed._SECONDS = 0.02
    speed.measure_speed(pipe, folder, documents)


def die(pipe: Connection, folder: Path, documents: Sequence[Document]) -> None:
    """End the process before anything is measured."""
    del pipe, folder, documents
    os._exit(3)
