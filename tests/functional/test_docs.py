"""The documentation says what the code does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_commands_page_is_up_to_date(tmp_path: Path) -> None:
    page = tmp_path / "commands.md"
    subprocess.run([sys.executable, ROOT / "docs" / "generate.py", page], check=True)
    written = ROOT / "docs" / "commands.md"
    assert written.read_text(encoding="utf-8") == page.read_text(encoding="utf-8"), "run: make docs"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_relative_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [part.split(")")[0].split("#")[0] for part in text.split("](")[1:]]
    assert targets
    missing = [target for target in targets if target and "://" not in target and not (ROOT / target).exists()]
    assert not missing
