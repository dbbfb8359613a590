"""The machine: its processor, where the user's caches are, and what was measured once and holds for this processor."""

from onoma.machine.caches import cache_folder
from onoma.machine.processor import Processor, find_processor, usable_cores
from onoma.machine.timing import remembered, shortest_times

__all__ = ["Processor", "cache_folder", "find_processor", "remembered", "shortest_times", "usable_cores"]
