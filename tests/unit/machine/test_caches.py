from __future__ import annotations

from pathlib import Path

import pytest

from onoma.machine import cache_folder


def test_where_caches_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ONOMA_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert cache_folder("examples") == Path.home() / ".cache" / "onoma" / "examples"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache_folder("examples") == tmp_path / "x" / "onoma" / "examples"
    monkeypatch.setenv("ONOMA_CACHE", str(tmp_path / "o"))
    assert cache_folder("examples") == tmp_path / "o" / "examples"
