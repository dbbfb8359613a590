"""Bulk tagging of files and tables, in one or more processes; each row is written exactly once."""

from onoma.bulk.inputs import Found, find_inputs
from onoma.bulk.observing import BulkObserver, BulkReport, Progress
from onoma.bulk.output import Output, choose_output, is_folder, output_paths
from onoma.bulk.planning import ENGINES, SHARD_ROWS, Engine, Request
from onoma.bulk.rows import DeadLetter
from onoma.bulk.run import run_job
from onoma.bulk.streaming import stream

__all__ = [
    "ENGINES",
    "SHARD_ROWS",
    "BulkObserver",
    "BulkReport",
    "DeadLetter",
    "Engine",
    "Found",
    "Output",
    "Progress",
    "Request",
    "choose_output",
    "find_inputs",
    "is_folder",
    "output_paths",
    "run_job",
    "stream",
]
