"""Measurements that decide something: repeated until they are stable, and kept for the processor they hold for."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from onoma.io.files import replacing_bytes
from onoma.machine.caches import cache_folder
from onoma.machine.processor import find_processor

_FORMAT = 1
_CALM_ROUNDS = 20
"""After so many rounds in which no shortest time fell by more than :data:`_NOISE`, a measurement is stable."""

_NOISE = 0.02


def shortest_times(
    works: Mapping[str, Callable[[], object]], *, warm_up: float = 0.1, at_most: float = 0.7
) -> dict[str, float]:
    """The seconds that each of several works takes at its best; other work on the machine can only lengthen them.

    They run in turn: first to warm up, then in rounds until none has become shorter for a while.

    Args:
        works: what to time, by name; a millisecond or a few each.
        warm_up: seconds before the first time is taken; every work runs once in any case.
        at_most: seconds in all; one round is measured in any case.
    """
    began = time.perf_counter()
    warm = False
    while not warm:
        for work in works.values():
            work()
        warm = time.perf_counter() - began >= warm_up
    shortest = dict.fromkeys(works, float("inf"))
    calm = 0
    while calm < _CALM_ROUNDS:
        calm += 1
        for name, work in works.items():
            started = time.perf_counter()
            work()
            seconds = time.perf_counter() - started
            if seconds < shortest[name] * (1 - _NOISE):
                calm = 0
            shortest[name] = min(shortest[name], seconds)
        if time.perf_counter() - began >= at_most:
            break
    return shortest


def remembered(
    name: str, measure: Callable[[], Mapping[str, float]], *, facts: Mapping[str, object]
) -> dict[str, float]:
    """Figures measured on this processor, now or earlier; a cache that cannot be read or written is left alone.

    Args:
        name: of the measurement, for a file name.
        measure: takes the figures.
        facts: what they depend on beside the processor, such as versions and threads.
    """
    processor = find_processor()
    key = {
        "format": _FORMAT,
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
