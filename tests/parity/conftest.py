"""Folders with tiny encoders, for the comparisons with other engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.tiny import OURS, write_distilbert, write_encoder


@pytest.fixture(scope="session", params=[*OURS, "distilbert"])
def encoder_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each of our families, and one that runs through `transformers`."""
    family, folder = str(request.param), tmp_path_factory.mktemp("encoder")
    return write_distilbert(folder) if family == "distilbert" else write_encoder(folder, family=family)
