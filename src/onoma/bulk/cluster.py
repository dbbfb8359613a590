"""Processing of a job's shards on several machines with Ray Data, which maps a worker over the shard numbers.

All machines need access to the same files: they read the input and the model and write the shards under the same
paths. Only the process that drives the job writes the journal.

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
from onoma.bulk.shard import FailedShard, FinishedShard, Results, ShardWorker
from onoma.errors import optional_import

_MAX_BLOCKS = 10_000


def require_ray() -> None:
    """Check that Ray Data is installed.

    Raises:
        MissingExtraError: Ray Data is not installed.
    """
    with optional_import("a cluster (--engine ray)", extra="ray"):
        import_module("ray.data")


def run_on_ray(job: Job, shards: Sequence[int], *, workers: int, threads: int) -> Results:
    """Process shards as tasks of a Ray cluster, and yield their results as they are finished.

    Uses the cluster that RAY_ADDRESS names or that already runs here; otherwise starts one on this machine.

    Args:
        job: the planned job.
        shards: numbers of the shards to process.
        workers: number of worker processes over all machines.
        threads: processor threads per worker, which Ray reserves for it.
    """
    import ray
    import ray.data

    started_ray = not ray.is_initialized()
    if started_ray:
        ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False)
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        items = [{"shard": shard} for shard in shards]
        dataset = ray.data.from_items(items, override_num_blocks=min(len(items), _MAX_BLOCKS))
        results = dataset.map_batches(
            _RayWorker,
            fn_constructor_args=(job, str(Path.cwd())),
            batch_size=1,
            concurrency=min(workers, len(items)),
            num_cpus=threads,
        )
        for row in results.iter_rows():
            result = json.loads(row["result"])
            yield FailedShard(**result) if "why" in result else FinishedShard.of(result)
    finally:
        if started_ray:
            ray.shutdown()


class _RayWorker:
    """A worker process of the cluster, in the driver's working directory, so that relative paths are valid."""

    def __init__(self, job: Job, working_directory: str) -> None:
        os.chdir(working_directory)
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        self._worker = ShardWorker(job)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        return {"result": [json.dumps(asdict(self._worker.attempt(int(shard)))) for shard in batch["shard"]]}
