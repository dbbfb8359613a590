from __future__ import annotations

from pathlib import Path

import pytest

from support.tiny import write_encoder


@pytest.fixture
def bert_folder(tmp_path: Path) -> Path:
    """A tiny BERT, the test's own to spoil."""
    return write_encoder(tmp_path / "bert")
