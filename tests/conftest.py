"""What all tests share: shapes are checked as they run, and real corpora are found or their tests skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook(["onoma.models", "onoma.training", "onoma.export"], "beartype.beartype")

DATA = Path(os.environ.get("ONOMA_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real corpora."""
    if not DATA.is_dir():
        pytest.skip(f"needs the real corpora; {DATA} does not exist and ONOMA_DATA names no other place")
    return DATA
