"""Cells in worker processes: what fails or dies takes nothing with it, and nobody is left behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from onoma.errors import TrainingError
from onoma.experiments import (
    Cell,
    CellDone,
    CellEvent,
    CellFailed,
    CellPostponed,
    CellProgress,
    processes_for,
    run_cells,
)
from support.trained_cells import attempts, cell, train

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")


def ended(cells: Sequence[Cell], folder: Path, *, processes: int) -> list[CellEvent]:
    events = list(run_cells(cells, train=train, context=folder, processes=processes))
    return [event for event in events if not isinstance(event, CellProgress)]


def test_a_cell_that_fails_fails_alone(tmp_path):
    cells = [cell("works"), cell("is refused"), cell("has a fault"), cell("works", seed=2)]
    first, refused, fault, last = ended(cells, tmp_path, processes=1)
    assert isinstance(first, CellDone)
    assert first.record.candidate == "works"
    assert isinstance(refused, CellFailed)
    assert refused.why == "no such file"
    assert isinstance(fault, CellFailed)
    assert fault.why == "ZeroDivisionError: divided"
    assert (isinstance(last, CellDone), last.cell.seed) == (True, 2)


def test_a_cell_whose_process_dies_is_tried_again_alone_and_then_given_up(tmp_path):
    cells = [cell("dies"), cell("dies once"), cell("works"), cell("works", seed=2)]
    *others, dead, survivor = ended(cells, tmp_path, processes=2)
    postponed = [event.why for event in others if isinstance(event, CellPostponed)]
    assert (
        postponed == ["its process died (signal 9, probably for lack of memory); it is repeated at the end, alone"] * 2
    )
    assert [event.cell.candidate for event in others if isinstance(event, CellDone)] == ["works", "works"]
    if isinstance(dead, CellDone):
        dead, survivor = survivor, dead
    assert (isinstance(survivor, CellDone), survivor.cell.candidate) == (True, "dies once")
    assert isinstance(dead, CellFailed)
    assert dead.why == "its process died twice (signal 9, probably for lack of memory)"
    assert [attempts(each, tmp_path) for each in cells] == [2, 2, 1, 1]


def test_whoever_stops_listening_leaves_no_process(tmp_path):
    pids = []
    with closing(
        run_cells([cell("waits"), cell("waits", seed=2)], train=train, context=tmp_path, processes=2)
    ) as events:
        for event in events:
            assert isinstance(event, CellProgress)
            pids.append(int(event.text))
            if len(pids) == 2:
                break
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_processes_are_stopped_together(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    cells = [cell("stops with another"), cell("stops with another", seed=2)]
    with closing(run_cells(cells, train=train, context=tmp_path, processes=2)) as events:
        ready = (event for event in events if isinstance(event, CellProgress) and event.text == "ready")
        assert {next(ready).cell.seed, next(ready).cell.seed} == {1, 2}
    assert {path.name for path in tmp_path.glob("stopped *")} == {"stopped 1", "stopped 2"}


def test_cores_are_shared_among_processes(tmp_path, monkeypatch):
    monkeypatch.setattr("onoma.experiments.processes.available_cores", lambda: 5)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    cells = [cell("says its threads"), cell("says its threads", seed=2)]
    events = list(run_cells(cells, train=train, context=tmp_path, processes=2))
    said = [event.text for event in events if isinstance(event, CellProgress)]
    assert said.count("2") == 2
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_cells_are_stopped_when_time_is_up(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("onoma.experiments.processes.time", SimpleNamespace(monotonic=lambda: now[0]))
    cells = [cell("waits"), cell("works")]
    events = run_cells(cells, train=train, context=tmp_path, processes=1, deadline=60.0)
    progress = next(events)
    assert isinstance(progress, CellProgress)
    now[0] = 60.0
    assert not list(events)
    with pytest.raises(ProcessLookupError):
        os.kill(int(progress.text), 0)
    assert not list(run_cells(cells, train=train, context=tmp_path, processes=1, deadline=60.0))
    assert [attempts(each, tmp_path) for each in cells] == [1, 0]


class _Fatal:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (3,)


def test_a_process_that_dies_before_it_begins_ends_the_training():
    with pytest.raises(TrainingError, match=r"died before it began \(exit status 3\); a script must call"):
        list(run_cells([cell("works")], train=train, context=_Fatal(), processes=1))


def test_nothing_to_do_is_done():
    assert list(run_cells([], train=train, context=None, processes=2)) == []


@pytest.mark.parametrize(
    ("cells", "cores", "free", "gpu", "expected"),
    [
        (10, 4, 100, None, 4),
        (3, 4, 100, None, 3),
        (10, 4, 25, None, 2),
        (10, 4, 5, None, 1),
        (10, 4, None, None, 4),
        (0, 4, 100, None, 1),
        (10, 4, 100, 35, 3),
        (10, 4, 25, 35, 2),
        (10, 4, None, 5, 1),
    ],
)
def test_as_many_at_a_time_as_cores_and_memory_allow(monkeypatch, cells, cores, free, gpu, expected):
    monkeypatch.setattr("onoma.experiments.processes.available_cores", lambda: cores)
    monkeypatch.setattr("onoma.experiments.processes.available_memory", lambda: free)
    assert processes_for(cells, memory=10, gpu_memory=gpu) == expected
