"""System utilities: processor, memory, worker processes, SIGTERM, cache folders, and cached time measurements."""

from onoma.machine.caches import cache_folder
from onoma.machine.memory import available_memory
from onoma.machine.processes import WorkerProcess, process_mark, this_machine
from onoma.machine.processor import Processor, find_processor, usable_cores
from onoma.machine.stopping import stopped_by_sigterm
from onoma.machine.timing import remembered, shortest_times

__all__ = [
    "Processor",
    "WorkerProcess",
    "available_memory",
    "cache_folder",
    "find_processor",
    "process_mark",
    "remembered",
    "shortest_times",
    "stopped_by_sigterm",
    "this_machine",
    "usable_cores",
]
