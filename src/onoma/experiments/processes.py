"""Worker processes that train the cells of a comparison, several at a time, each process one cell after another.

If a process dies, it may have been killed because memory was short. Its cell is therefore retried once, alone, after
all other cells are done. This module does not know what a cell trains.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from onoma.errors import OnomaError, StoppedError, TrainingError
from onoma.experiments.cells import Cell
from onoma.experiments.records import CellRecord
from onoma.machine import MAIN_GUARD_ADVICE, WorkerProcess, available_cores, available_memory

Report = Callable[[str], None]
"""Function called with a short text on what a cell is doing."""

Train = Callable[[Cell, Any, Report], CellRecord]
"""Function that trains a cell, called with the cell, the context shared by all cells, and a report function.

It must be picklable.
"""


@dataclass(frozen=True, slots=True)
class CellEvent:
    """Base class of the events of a cell."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class CellProgress(CellEvent):
    """Progress of a cell, as a short text."""

    text: str


@dataclass(frozen=True, slots=True)
class CellPostponed(CellEvent):
    """Postponement of a cell whose process died, with the reason; it is trained again after all others."""

    why: str


@dataclass(frozen=True, slots=True)
class CellDone(CellEvent):
    """End of the training of a cell, with its record."""

    record: CellRecord


@dataclass(frozen=True, slots=True)
class CellFailed(CellEvent):
    """Failure of a cell, with the reason."""

    why: str


def processes_for(cells: int, *, memory: int, gpu_memory: int | None = None) -> int:
    """Return how many cells to train at a time: at most one per core, and only as many as fit in memory.

    Args:
        cells: number of cells.
        memory: bytes of memory that the largest cell may need, and of memory of the GPU if it uses one.
        gpu_memory: bytes of free memory of the GPU that the cells use; None if they use none.
    """
    max_in_memory = [free // memory for free in (available_memory(), gpu_memory) if free is not None]
    return max(1, min(cells, available_cores(), *max_in_memory))


def run_cells(
    cells: Sequence[Cell], *, train: Train, context: Any, processes: int, deadline: float | None = None
) -> Generator[CellEvent, None, None]:
    """Train cells in worker processes, and yield events. Closing the generator stops the processes.

    Args:
        cells: cells in the order in which they are started.
        train: function that trains a single cell.
        context: argument that ``train`` is called with in addition to the cell; must be picklable.
        processes: number of cells that are trained at the same time. The cores are shared among them.
        deadline: time, as of :func:`time.monotonic`, at which the cells that are not finished are stopped; None for no
            such time.

    Raises:
        TrainingError: the processes die before they begin to train.
    """
    cells_to_retry: list[Cell] = []
    with closing(_run(cells, train, context, processes=processes, deadline=deadline)) as events:
        for event in events:
            if isinstance(event, _WorkerDied):
                cells_to_retry.append(event.cell)
                yield CellPostponed(event.cell, f"its process died ({event.how}); it is repeated at the end, alone")
            else:
                yield event
    with closing(_run(cells_to_retry, train, context, processes=1, deadline=deadline)) as events:
        for event in events:
            if isinstance(event, _WorkerDied):
                yield CellFailed(event.cell, f"its process died twice ({event.how})")
            else:
                yield event


@dataclass(frozen=True, slots=True)
class _WorkerDied(CellEvent):
    """Death of the process that was training a cell."""

    how: str


def _run(
    cells: Sequence[Cell], train: Train, context: Any, *, processes: int, deadline: float | None
) -> Generator[CellEvent, None, None]:
    def seconds_left() -> float | None:
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    if seconds_left() == 0:
        return
    waiting = deque(cells)
    count = min(processes, len(cells))
    workers: list[_Worker] = []

    def start() -> None:
        if waiting:
            workers.append(_Worker(train, context, threads=max(1, available_cores() // count)))
            workers[-1].give(waiting)

    try:
        for _ in range(count):
            start()
        while busy := [(worker, worker.cell) for worker in workers if worker.cell is not None]:
            ready = wait([worker.pipe for worker, _ in busy], timeout=seconds_left())
            if not ready:
                return  # time is up: the running cells are stopped below
            for worker, cell in busy:
                if worker.pipe not in ready:
                    continue
                message = worker.receive()
                if message is None:
                    workers.remove(worker)
                    yield _WorkerDied(cell, worker.exit_reason)
                    start()
                elif isinstance(message, str):
                    yield CellProgress(cell, message)
                else:
                    worker.give(waiting)
                    yield CellFailed(cell, message.why) if isinstance(message, _CellError) else CellDone(cell, message)
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()


@dataclass(frozen=True, slots=True)
class _CellError:
    """Message of a worker process that its cell cannot be trained."""

    why: str


class _Worker:
    """A worker process, and the cell that it is training, if any."""

    def __init__(self, train: Train, context: Any, *, threads: int) -> None:
        self._process = WorkerProcess(_work, train, context, threads=threads)
        self.pipe = self._process.pipe
        self.cell: Cell | None = None
        self._is_started = False

    def give(self, cells: deque[Cell]) -> None:
        """Send the process the next cell, or None if there is none."""
        self.cell = cells.popleft() if cells else None
        with suppress(ConnectionError):  # a dead process is detected when its next message is received
            self.pipe.send(self.cell)

    def receive(self) -> str | CellRecord | _CellError | None:
        """Receive the next message of the process: progress, a record or an error; return None if it has died.

        Raises:
            TrainingError: the process has died before its first message, so a new process would probably die too.
        """
        message = self._process.receive()
        assert isinstance(message, str | CellRecord | _CellError | None)
        if message is None and not self._is_started:
            raise TrainingError(
                f"a process for training died before it began ({self.exit_reason}); {MAIN_GUARD_ADVICE}"
            )
        self._is_started = True
        return message

    @property
    def exit_reason(self) -> str:
        return self._process.exit_reason

    def stop(self) -> None:
        """Terminate the process if it is training; otherwise it ends by itself."""
        if self.cell is not None:
            self._process.terminate()

    def join(self) -> None:
        self._process.join()


def _work(pipe: Connection, train: Train, context: Any) -> None:
    """Train cells one after another until None is received; runs in the worker process."""
    while (cell := pipe.recv()) is not None:
        try:
            pipe.send(train(cell, context, pipe.send))
        except StoppedError:
            return
        except OnomaError as error:
            pipe.send(_CellError(str(error)))
        except Exception as error:  # an error of any library fails this cell only
            pipe.send(_CellError(f"{type(error).__name__}: {error}"))
