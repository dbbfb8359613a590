"""Cells in worker processes: as many at a time as is asked for, each in one that trains a cell after the other.

A process that dies takes its cell with it. Since it was probably killed for lack of memory, the cell is tried once
more when all others are done, alone. This module does not know what a cell trains.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from onoma.errors import OnomaError, StoppedError
from onoma.experiments.cells import Cell
from onoma.experiments.records import CellRecord
from onoma.machine import WorkerProcess, available_memory, usable_cores

Report = Callable[[str], None]
"""Called with what a cell is doing, a short text."""

Train = Callable[[Cell, Any, Report], CellRecord]
"""Trains a cell, given what all cells of a comparison need. It must be a function that can be pickled."""


@dataclass(frozen=True, slots=True)
class CellEvent:
    """Something that happens to a cell."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class CellProgress(CellEvent):
    """It does something new."""

    text: str


@dataclass(frozen=True, slots=True)
class CellDone(CellEvent):
    """It is trained."""

    record: CellRecord


@dataclass(frozen=True, slots=True)
class CellFailed(CellEvent):
    """There is no model of it, for a reason."""

    why: str


def processes_for(cells: int, *, memory: int) -> int:
    """How many cells are trained at a time: one for each core, and as many as fit in memory.

    Args:
        cells: how many there are.
        memory: bytes that the largest may need.
    """
    free = available_memory()
    fitting = cells if free is None else free // memory
    return max(1, min(cells, usable_cores(), fitting))


def run_cells(cells: Sequence[Cell], *, train: Train, context: Any, processes: int) -> Generator[CellEvent, None, None]:
    """Train cells in processes of their own, and yield what happens. They are stopped when the generator is closed.

    Args:
        cells: in the order in which they begin.
        train: trains one.
        context: what it is called with beside the cell; can be pickled.
        processes: how many at a time. The cores are shared among them.
    """
    killed: list[Cell] = []
    with closing(_run(cells, train, context, processes=processes)) as events:
        for event in events:
            if isinstance(event, _Killed):
                killed.append(event.cell)
                yield CellProgress(event.cell, f"its process died ({event.how}); it is tried again at the end, alone")
            else:
                yield event
    with closing(_run(killed, train, context, processes=1)) as events:
        for event in events:
            if isinstance(event, _Killed):
                yield CellFailed(event.cell, f"its process died twice ({event.how}), probably for lack of memory")
            else:
                yield event


@dataclass(frozen=True, slots=True)
class _Killed(CellEvent):
    """Its process has died."""

    how: str


def _run(cells: Sequence[Cell], train: Train, context: Any, *, processes: int) -> Generator[CellEvent, None, None]:
    waiting = deque(cells)
    count = min(processes, len(cells))
    workers: list[_Worker] = []
    try:
        for _ in range(count):
            workers.append(_Worker(train, context, threads=max(1, usable_cores() // count)))
            workers[-1].give(waiting)
        while busy := {worker.pipe: worker for worker in workers if worker.cell is not None}:
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                worker = busy[pipe]
                cell = worker.cell
                assert cell is not None
                try:
                    answer = worker.pipe.recv()
                except (EOFError, ConnectionError):
                    worker.end()
                    workers.remove(worker)
                    yield _Killed(cell, worker.how_it_ended)
                    if waiting:
                        workers.append(_Worker(train, context, threads=worker.threads))
                        workers[-1].give(waiting)
                    continue
                if isinstance(answer, str):
                    yield CellProgress(cell, answer)
                    continue
                worker.give(waiting)
                yield CellFailed(cell, answer.why) if isinstance(answer, _Refused) else CellDone(cell, answer)
    finally:
        for worker in workers:
            worker.end()


@dataclass(frozen=True, slots=True)
class _Refused:
    """A cell cannot be trained."""

    why: str


class _Worker:
    """A process and the cell that it has, if it has one."""

    def __init__(self, train: Train, context: Any, *, threads: int) -> None:
        self.threads = threads
        self._process = WorkerProcess(_work, train, context, threads=threads)
        self.pipe = self._process.pipe
        self.cell: Cell | None = None

    def give(self, cells: deque[Cell]) -> None:
        """Have it train the next cell, if there is one."""
        self.cell = cells.popleft() if cells else None
        with suppress(ConnectionError):  # a dead one is found when it is listened to
            self.pipe.send(self.cell)

    @property
    def how_it_ended(self) -> str:
        return self._process.how_it_ended

    def end(self) -> None:
        self._process.end(at_once=self.cell is not None)


def _work(pipe: Connection, train: Train, context: Any) -> None:
    """What a process does: a cell after the other, until there are none."""
    while (cell := pipe.recv()) is not None:
        try:
            pipe.send(train(cell, context, pipe.send))
        except StoppedError:
            return
        except OnomaError as error:
            pipe.send(_Refused(str(error)))
        except Exception as error:  # whatever a library raises: the other cells go on
            pipe.send(_Refused(f"{type(error).__name__}: {error}"))
