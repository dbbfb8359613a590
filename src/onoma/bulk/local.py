"""Processing of a job's shards on one machine: in this process, or in worker processes that each load the tagger.

If a worker process dies, its shard is processed again by another one. This module does not access the journal.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait

from onoma.bulk.job import Job
from onoma.bulk.shard import FailedShard, FinishedShard, Results, ShardWorker
from onoma.errors import OnomaError
from onoma.machine import WorkerProcess

_MAX_ATTEMPTS = 3


def run_in_process(job: Job, shards: Sequence[int]) -> Results:
    """Process shards in this process, and yield their results."""
    worker = ShardWorker(job)
    for shard in shards:
        yield worker.attempt(shard)


def run_in_workers(job: Job, shards: Sequence[int], *, workers: int, notice: Callable[[str], None]) -> Results:
    """Process shards in worker processes, and yield their results in the order in which they are finished.

    A worker gets the next shard as soon as it is free.

    Args:
        job: the planned job.
        shards: numbers of the shards to process.
        workers: maximum number of worker processes.
        notice: function called with a message about each worker process that has died.
    """
    queue, death_counts = deque(shards), Counter[int]()
    pool = [_Worker(job) for _ in range(min(workers, len(shards)))]
    try:
        for worker in pool:
            worker.give(queue)
        while busy_workers := [worker for worker in pool if worker.shard is not None]:
            ready = wait([worker.pipe for worker in busy_workers])
            for worker in [each for each in busy_workers if each.pipe in ready]:
                shard, result = worker.receive()
                if result is not None:
                    yield result
                    worker.give(queue)
                    continue
                death_counts[shard] += 1
                if death_counts[shard] == _MAX_ATTEMPTS:
                    why = f"its process died {_MAX_ATTEMPTS} times, {worker.exit_reason}"
                    yield FailedShard(shard=shard, why=why)
                    return
                notice(f"a worker died ({worker.exit_reason}); its shard {shard} is done again")
                queue.appendleft(shard)
                pool.remove(worker)
                pool.append(_Worker(job))
                pool[-1].give(queue)
    finally:
        for worker in pool:
            worker.stop()
        for worker in pool:
            worker.join()


class _Worker:
    """A worker process and the shard that it is processing, if any."""

    def __init__(self, job: Job) -> None:
        self._process = WorkerProcess(_work, job)
        self.pipe = self._process.pipe
        self.shard: int | None = None

    def give(self, shards: deque[int]) -> None:
        """Send the worker the next shard, or None if there are no more."""
        self.shard = shards.popleft() if shards else None
        with suppress(ConnectionError):  # a dead worker is detected when its pipe is read
            self.pipe.send(self.shard)

    def receive(self) -> tuple[int, FinishedShard | FailedShard | None]:
        """Receive the result of its shard, or None if it has died; return the number of the shard too."""
        assert self.shard is not None
        return self.shard, self._process.receive()

    @property
    def exit_reason(self) -> str:
        return self._process.exit_reason

    def stop(self) -> None:
        """Terminate the process if it is processing a shard; otherwise it ends by itself."""
        if self.shard is not None:
            self._process.terminate()

    def join(self) -> None:
        self._process.join()


def _work(pipe: Connection, job: Job) -> None:
    """Run a worker process: load the model, then process shards until None is received."""
    shard = pipe.recv()
    try:
        worker = ShardWorker(job)
    except OnomaError as error:
        pipe.send(FailedShard(shard=shard, why=str(error)))
        return
    while shard is not None:
        pipe.send(worker.attempt(shard))
        shard = pipe.recv()
