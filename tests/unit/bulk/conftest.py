"""Jobs over a tagger that needs no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from onoma.bulk import BulkObserver, BulkReport, Progress, Request, choose_output, find_inputs, run_job
from unit.test_tagger import make_tagger

Tag = Callable[..., BulkReport]


class Killed(BaseException):
    """What a death looks like from inside."""


class Watcher(BulkObserver):
    """Keeps what it is told, and dies when told."""

    def __init__(self, *, die_after: int | None = None) -> None:
        self.notices: list[str] = []
        self.steps: list[Progress] = []
        self._die_after = die_after

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def progressed(self, progress: Progress) -> None:
        self.steps.append(progress)
        if len(self.steps) == self._die_after:
            raise Killed


@pytest.fixture
def tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tag:
    """Run a job in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()

    def run(files, output, *, column=None, to=None, format=None, options=None, observer=None, **more):
        named = [Path(file) for file in ([files] if isinstance(files, str) else files)]
        found = find_inputs(named, column=column, format=format, options=options)
        request = Request(
            found=found,
            output=choose_output(output, to=to, inputs=found.inputs),
            model=tmp_path / "model",
            **{"shard_rows": 3, "load": make_tagger, **more},
        )
        return run_job(request, observer=observer)

    return run
