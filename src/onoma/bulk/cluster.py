"""A job's shards on many machines, through Ray Data: the same worker in a map over shard numbers.

Machines share the files: they read the input, the model and write shards under the same paths. The journal stays with
the process that drives the job.

Source: https://docs.ray.io/en/latest/data/api/doc/ray.data.Dataset.map_batches.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from onoma.bulk.job import Job
from onoma.bulk.shard import Done, Failed, Results, ShardWorker
from onoma.errors import needing

_BLOCKS = 10_000


def need_ray() -> None:
    """Check that Ray Data is installed.

    Raises:
        MissingExtraError: it is not.
    """
    with needing("a cluster (--engine ray)", extra="ray"):
        import_module("ray.data")


def do_on_ray(job: Job, shards: Sequence[int], *, workers: int, threads: int) -> Results:
    """Do shards as tasks of a Ray cluster: the one that RAY_ADDRESS names or that runs here, else one of this machine.

    Args:
        workers: how many processes over all machines.
        threads: processor threads of each, which Ray keeps free for it.
    """
    import ray
    import ray.data

    ours = not ray.is_initialized()
    if ours:
        ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False)
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        numbers = [{"shard": shard} for shard in shards]
        tasks = ray.data.from_items(numbers, override_num_blocks=min(len(numbers), _BLOCKS))
        results = tasks.map_batches(
            _Batches,
            fn_constructor_args=(job, str(Path.cwd())),
            batch_size=1,
            concurrency=min(workers, len(numbers)),
            num_cpus=threads,
        )
        for row in results.iter_rows():
            result = json.loads(row["result"])
            yield Failed(**result) if "why" in result else Done.of(result)
    finally:
        if ours:
            ray.shutdown()


class _Batches:
    """The state of a process of the cluster: a worker, and the driver's working directory, for relative paths."""

    def __init__(self, job: Job, where: str) -> None:
        os.chdir(where)
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        self._worker = ShardWorker(job)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        return {"result": [json.dumps(asdict(self._worker.attempt(int(shard)))) for shard in batch["shard"]]}
