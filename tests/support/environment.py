"""What processes that tests start need to find onoma and the helpers of tests."""

from __future__ import annotations

import os
from pathlib import Path

TESTS = Path(__file__).parents[1]


def environment(**more: str) -> dict[str, str]:
    """The variables of this process, with the sources and the tests as Python's path, and more."""
    path = os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)])
    return {**os.environ, "PYTHONPATH": path, **more}
