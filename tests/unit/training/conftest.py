from __future__ import annotations

import pytest


@pytest.fixture
def notices() -> list[str]:
    """What a test has been told."""
    return []
