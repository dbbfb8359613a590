"""What those who write a graph and those who run it agree on."""

from __future__ import annotations

from pathlib import Path

from onoma.errors import BundleError

ASKED = "onoma.asked"
"""The note in a graph that reads a 2 in the mask as: the scores of this subword are wanted."""


def unreadable(path: Path, error: Exception) -> BundleError:
    """What is to be raised where an engine cannot load a file as a graph."""
    return BundleError(f"{path}: cannot be loaded as an ONNX graph ({error}); copy or export it again")
