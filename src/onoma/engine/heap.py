"""The heap of the C library, set up for steps of training on a CPU.

A step allocates a few hundred arrays of a few sizes, aligned for vectors, and frees them all. In glibc's heap what is
freed among other blocks becomes holes that later arrays do not fit, and over hundreds of steps the heap grows to twice
what a step needs. Large arrays in mappings of their own leave no holes, and cost nothing while there are few of them.
The holes that smaller ones leave are given back to the system once in a while.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import cast

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of the parameters of ``mallopt``, from glibc's ``malloc.h``."""

_LARGE = 4 * 2**20
"""Bytes; for smaller arrays, a new mapping in every step costs more time than it saves memory."""

_KEPT = 2**30
"""Bytes that stay with the heap between steps instead of going back to the system, to be asked for again."""

STEPS_BETWEEN = 16
"""After so many steps holes are worth giving back: in each it would cost a seventh of the time, and so nothing."""


def set_up_heap() -> bool:
    """Have large arrays allocated outside the heap, for the rest of the process.

    Returns:
        Whether the C library supports this; others than glibc are left as they are.
    """
    mallopt = _of_libc("mallopt")
    return bool(mallopt and mallopt(_MMAP_THRESHOLD, _LARGE) and mallopt(_TRIM_THRESHOLD, _KEPT))


def give_back_holes() -> bool:
    """Return free memory between the heap's blocks to the system.

    Returns:
        Whether there was any.
    """
    malloc_trim = _of_libc("malloc_trim")
    return bool(malloc_trim and malloc_trim(0))


def _of_libc(name: str) -> Callable[..., int] | None:
    """A function of the C library, where that has it."""
    try:
        return cast("Callable[..., int]", getattr(ctypes.CDLL(None), name))
    except (OSError, AttributeError, TypeError):
        return None
