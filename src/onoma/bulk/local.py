"""A job's shards on one machine: in this process, or in several, each with its own tagger.

A process that dies takes one shard with it, which another one does again. This module does not know the journal.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait

from onoma.bulk.job import Job
from onoma.bulk.shard import Failed, Results, ShardWorker
from onoma.errors import OnomaError
from onoma.machine import WorkerProcess

_ATTEMPTS = 3


def do_here(job: Job, shards: Sequence[int]) -> Results:
    """Do shards in this process."""
    worker = ShardWorker(job)
    for shard in shards:
        yield worker.attempt(shard)


def do_in_processes(job: Job, shards: Sequence[int], *, workers: int, notice: Callable[[str], None]) -> Results:
    """Do shards in separate processes, each as a process becomes free; yields results as they are done.

    Args:
        workers: how many processes.
        notice: called with a message about a process that has died.
    """
    waiting, deaths = deque(shards), Counter[int]()
    crew = [_Worker(job) for _ in range(min(workers, len(shards)))]
    try:
        for worker in crew:
            worker.give(waiting)
        while busy := {worker.pipe: worker for worker in crew if worker.shard is not None}:
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                worker = busy[pipe]
                try:
                    yield pipe.recv()
                except (EOFError, ConnectionError):
                    shard, why = worker.buried()
                    deaths[shard] += 1
                    if deaths[shard] == _ATTEMPTS:
                        yield Failed(shard=shard, why=f"its process died {_ATTEMPTS} times, {why}")
                        return
                    notice(f"a worker died ({why}); its shard {shard} is done again")
                    waiting.appendleft(shard)
                    crew.remove(worker)
                    worker = _Worker(job)
                    crew.append(worker)
                worker.give(waiting)
    finally:
        for worker in crew:
            worker.end()


class _Worker:
    """A process and the shard that it has, if it has one."""

    def __init__(self, job: Job) -> None:
        self._process = WorkerProcess(_work, job)
        self.pipe = self._process.pipe
        self.shard: int | None = None

    def give(self, shards: deque[int]) -> None:
        """Have it do the next shard, if there is one."""
        self.shard = shards.popleft() if shards else None
        with suppress(ConnectionError):  # a dead one is found when it is listened to
            self.pipe.send(self.shard)

    def buried(self) -> tuple[int, str]:
        """The shard that it had, and how it has ended."""
        self.end()
        assert self.shard is not None
        return self.shard, self._process.how_it_ended

    def end(self) -> None:
        self._process.end(at_once=self.shard is not None)


def _work(pipe: Connection, job: Job) -> None:
    """What a process does: load the model, then shard after shard until there are none."""
    shard = pipe.recv()
    try:
        worker = ShardWorker(job)
    except OnomaError as error:
        pipe.send(Failed(shard=shard, why=str(error)))
        return
    while shard is not None:
        pipe.send(worker.attempt(shard))
        shard = pipe.recv()
