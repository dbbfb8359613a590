"""Jobs over a tagger that needs no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from onoma.bulk import BulkReport, Request, choose_output, find_inputs, run_job
from support.capitals import make_tagger

Tag = Callable[..., BulkReport]


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
