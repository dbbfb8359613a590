"""Amount of memory that this process can still use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Return the bytes of memory that are free or can be freed, within a container's limit; None if unknown."""
    sizes = [size for size in (_system_memory(), _container_memory()) if size is not None]
    return min(sizes, default=None)


def _system_memory() -> int | None:
    with suppress(OSError, ValueError):
        for line in _MEMINFO.read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(":")
            if key == "MemAvailable":
                return int(value.removesuffix("kB")) * 1024
    with suppress(AttributeError, OSError, ValueError):  # not every system has these names
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _container_memory() -> int | None:
    with suppress(OSError, ValueError):  # "max", which is not a number, means no limit
        limit = int((_CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        return max(0, limit - max(0, used - _page_cache_size()))
    return None


def _page_cache_size() -> int:
    """Return the size of a container's inactive page cache, which the kernel frees when memory is needed."""
    with suppress(OSError, ValueError):
        for line in (_CGROUP / "memory.stat").read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == "inactive_file":
                return int(value)
    return 0
