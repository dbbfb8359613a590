"""Time measurements, repeated until they are stable, and a cache of measured values per processor."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from onoma.io.files import replacing_bytes
from onoma.machine.caches import cache_folder
from onoma.machine.processor import find_processor

_FORMAT_VERSION = 1
_PATIENCE_ROUNDS = 20
"""Number of consecutive rounds without an improvement by more than :data:`_MIN_IMPROVEMENT` that end a measurement."""

_MIN_IMPROVEMENT = 0.02


def best_times(
    works: Mapping[str, Callable[[], object]], *, warm_up: float = 0.1, at_most: float = 0.7
) -> dict[str, float]:
    """Return the shortest run time of each function, in seconds; other load on the machine only makes runs longer.

    The functions run in turn: first to warm up, then in timed rounds until no shortest time has improved for a while.

    Args:
        works: functions to time, by name; each should take one or a few milliseconds.
        warm_up: minimum duration of the warm-up in seconds; each function runs at least once.
        at_most: time limit in seconds, including the warm-up; at least one round is timed.
    """
    start = time.perf_counter()
    warmed_up = False
    while not warmed_up:
        for work in works.values():
            work()
        warmed_up = time.perf_counter() - start >= warm_up
    shortest = dict.fromkeys(works, float("inf"))
    stable_rounds = 0
    while stable_rounds < _PATIENCE_ROUNDS:
        stable_rounds += 1
        for name, work in works.items():
            run_start = time.perf_counter()
            work()
            seconds = time.perf_counter() - run_start
            if seconds < shortest[name] * (1 - _MIN_IMPROVEMENT):
                stable_rounds = 0
            shortest[name] = min(shortest[name], seconds)
        if time.perf_counter() - start >= at_most:
            break
    return shortest


def cached_measurement(
    name: str, measure: Callable[[], Mapping[str, float]], *, facts: Mapping[str, object]
) -> dict[str, float]:
    """Return values measured on this processor, from the cache if they were measured before.

    If the cache cannot be read, the values are measured again; if it cannot be written, they are not cached.

    Args:
        name: name of the measurement, used in the file name.
        measure: function that measures the values, by name.
        facts: conditions other than the processor that the values depend on, such as versions and threads.
    """
    processor = find_processor()
    key = {
        "format": _FORMAT_VERSION,
        "processor": processor.name,
        "flags": sorted(processor.flags),
        **{fact: str(value) for fact, value in sorted(facts.items())},
    }
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]
    path = cache_folder("machine") / f"{name}-{digest}.json"
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        return {figure: float(value) for figure, value in json.loads(path.read_bytes())["figures"].items()}
    figures = dict(measure())
    with suppress(OSError), replacing_bytes(path) as file:
        file.write(json.dumps({"figures": figures, **key}, indent=2).encode() + b"\n")
    return figures
