"""A small job dies before each of its calls of the file system, or the disk is full from there on: no row is lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs os.fork", allow_module_level=True)

from support.dying import run
from support.small_job import OUTPUTS, SmallJob


@pytest.fixture(params=OUTPUTS)
def job(request: pytest.FixtureRequest, tmp_path: Path) -> SmallJob:
    return SmallJob(tmp_path, output=request.param, replaces=False)


@pytest.fixture(params=["out.jsonl", "parts/"])
def replacing_job(request: pytest.FixtureRequest, tmp_path: Path) -> SmallJob:
    return SmallJob(tmp_path, output=request.param, replaces=True)


def deaths(job: SmallJob) -> Iterator[str]:
    """The job, killed before its first call, before its second, and so on, until one run is at its end before that."""
    for call in count(1):
        job.clear()
        ended = run(job.start(), below=job.folder, die_at=call)
        assert not ended.failed, ended.message
        if not ended.killed:
            return
        yield f"call {call}"


@pytest.mark.slow
def test_a_death_before_any_call_loses_nothing(job):
    tried = {where: job.recovered() for where in deaths(job)}
    assert {where: lost for where, lost in tried.items() if lost} == {}
    assert len(tried) > 60


@pytest.mark.slow
def test_a_death_before_any_call_of_a_job_that_replaces_loses_nothing(replacing_job):
    job = replacing_job
    tried = {where: job.recovered() for where in deaths(job)}
    assert {where: lost for where, lost in tried.items() if lost} == {}


@pytest.mark.slow
def test_a_disk_that_is_full_from_any_call_on_loses_nothing(job):
    for call in count(1):
        job.clear()
        ended = run(job.start(), below=job.folder, full_at=call)
        if not ended.failed and not job.lost():
            break
        assert "No space left on device" in ended.message
        assert job.recovered() == "", call
    assert call > 20


@pytest.mark.slow
def test_a_file_that_cannot_grow_beyond_any_size_loses_nothing(job):
    for size in sorted({step * len(content) // 4 for content in job.expected.values() for step in range(4)}):
        job.clear()
        ended = run(job.start(), below=job.folder, largest=size)
        assert (ended.failed, "File too large" in ended.message) == (True, True), ended.message
        assert job.recovered() == "", size


def test_the_harness_counts(job):
    assert run(job.start(), below=job.folder).calls > 60
    job.clear()
    assert run(job.start(), below=job.folder, die_at=3).killed
