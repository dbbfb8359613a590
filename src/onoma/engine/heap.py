"""Settings of the C library's heap that limit memory fragmentation in training on a CPU.

A training step allocates a few hundred aligned arrays of a few sizes and frees all of them. In glibc's heap, the freed
blocks between other blocks become holes into which later arrays do not fit, and over hundreds of steps the heap grows
to twice the memory that a step needs. Large arrays are therefore allocated in separate memory mappings, which leave no
holes and are cheap as long as they are few. The holes that smaller arrays leave are returned to the operating system at
regular intervals.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import cast

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Parameter numbers of ``mallopt``, from glibc's ``malloc.h``."""

_MIN_MAPPED_BYTES = 4 * 2**20
"""Minimum size in bytes of arrays with their own mapping; for smaller arrays, a mapping costs too much time."""

_MAX_FREE_BYTES = 2**30
"""Number of free bytes at the top of the heap that are kept between steps instead of being returned to the system."""

STEPS_BETWEEN = 16
"""Number of steps between two calls of :func:`trim_heap`; in every step, it would take a seventh of the time."""


def set_up_heap() -> bool:
    """Allocate large arrays outside the heap, for the rest of the process.

    Returns:
        Whether the settings were applied; C libraries other than glibc do not support them and are left unchanged.
    """
    mallopt = _libc_function("mallopt")
    return bool(
        mallopt and mallopt(_M_MMAP_THRESHOLD, _MIN_MAPPED_BYTES) and mallopt(_M_TRIM_THRESHOLD, _MAX_FREE_BYTES)
    )


def trim_heap() -> bool:
    """Return free memory between the blocks of the heap to the operating system.

    Returns:
        Whether any memory was returned.
    """
    malloc_trim = _libc_function("malloc_trim")
    return bool(malloc_trim and malloc_trim(0))


def _libc_function(name: str) -> Callable[..., int] | None:
    """Return a function of the C library; None if the library does not have it."""
    try:
        return cast("Callable[..., int]", getattr(ctypes.CDLL(None), name))
    except (OSError, AttributeError, TypeError):
        return None
