"""Dependencies tell nobody about their use: nothing appears in the user's home, and a user's own choice stays."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from onoma.telemetry import SWITCHES
from support.environment import environment

TAG = "import onoma; print(onoma.load('en', threads=1).tag('Angela Merkel').entities)"


def _ran(program: str, home: Path, cache: Path, **variables: str) -> str:
    """What a program prints that knows nothing of this process's settings."""
    clean = {name: value for name, value in environment().items() if name not in SWITCHES and "CACHE" not in name}
    places = {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home), "ONOMA_CACHE": str(cache)}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**clean, **places, **variables},
    )
    return ended.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    "program",
    [
        TAG,
        pytest.param(
            "import onoma.runtime.openvino",
            marks=pytest.mark.skipif(not find_spec("openvino"), reason="OpenVINO is not installed"),
        ),
        pytest.param("import onoma.models.transformers_encoder, transformers", marks=pytest.mark.slow),
    ],
)
def test_nothing_appears_in_the_home(program: str, home: Path, tmp_path: Path) -> None:
    _ran(program, home, tmp_path / "cache")
    assert list(home.rglob("*")) == []


def test_what_the_user_has_set_stays(home: Path, tmp_path: Path) -> None:
    program = "import os, onoma; print(os.environ['ORT_DISABLE_TELEMETRY'], os.environ['HF_HUB_DISABLE_TELEMETRY'])"
    assert _ran(program, home, tmp_path, ORT_DISABLE_TELEMETRY="0").split() == ["0", "1"]


def test_processes_that_are_started_inherit_the_switches(home: Path, tmp_path: Path) -> None:
    program = (
        "import onoma, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import onnxruntime, os; print(os.environ[\"ORT_DISABLE_TELEMETRY\"])'])"
    )
    assert _ran(program, home, tmp_path) == "1\n"
    assert list(home.rglob("*")) == []


def test_hiding_a_package_ends_with_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    from onoma.telemetry import without

    monkeypatch.delitem(sys.modules, "this", raising=False)
    with without("this"), pytest.raises(ImportError):
        __import__("this")
    assert "this" not in sys.modules
    with without("os"):
        assert sys.modules["os"] is os
