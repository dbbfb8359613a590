"""Threads wait briefly for one another, unless the user has said how long."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.environment import environment

SHOW = "import os, onoma; print(os.environ.get('GOMP_SPINCOUNT'))"


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "10000"), ({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None")],
)
def test_what_the_user_has_set_stays(monkeypatch, given, expected):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    done = subprocess.run(
        [sys.executable, "-c", SHOW], env=environment(**given), check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout.strip() == expected
