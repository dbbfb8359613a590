"""System utilities: processor, memory, worker processes, SIGTERM, cache folders, and cached time measurements."""

from onoma.machine.caches import cache_folder
from onoma.machine.memory import available_memory
from onoma.machine.processes import MAIN_GUARD_ADVICE, WorkerProcess, process_identity, this_machine
from onoma.machine.processor import Processor, available_cores, find_processor
from onoma.machine.stopping import raise_on_sigterm
from onoma.machine.timing import best_times, cached_measurement

__all__ = [
    "MAIN_GUARD_ADVICE",
    "Processor",
    "WorkerProcess",
    "available_memory",
    "cache_folder",
    "find_processor",
    "process_identity",
    "cached_measurement",
    "best_times",
    "raise_on_sigterm",
    "this_machine",
    "available_cores",
]
