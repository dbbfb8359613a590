"""The processor as the system reports it, and the number of cores that this process may use."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_AMX = "amx_tile"
_VNNI = frozenset({"avx512_vnni", "avx_vnni"})
_X86 = frozenset({"x86_64", "amd64", "x86", "i386", "i686"})


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor as programs see it; a virtual machine may hide instructions that the hardware has.

    Attributes:
        name: name of the processor as the system reports it.
        flags: instruction sets, by their Linux names; empty on other systems.
    """

    name: str
    flags: frozenset[str]

    @property
    def has_amx(self) -> bool:
        """Whether Advanced Matrix Extensions (AMX), the matrix units of recent Xeons, are available."""
        return _AMX in self.flags

    @property
    def has_vnni(self) -> bool:
        """Whether AVX-VNNI or AVX512-VNNI is available: products of bytes are summed in 32 bits by one instruction."""
        return bool(self.flags & _VNNI)

    @property
    def is_x86(self) -> bool:
        """Whether the processor is of the x86 family."""
        return platform.machine().lower() in _X86


@cache
def find_processor() -> Processor:
    """Return the processor of this machine."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    fields: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    name = fields.get("model name") or platform.processor() or platform.machine()
    return Processor(name, frozenset(fields.get("flags", fields.get("Features", "")).split()))


def available_cores() -> int:
    """Return the number of cores this process may use: those of its CPU affinity, at most OMP_NUM_THREADS if set."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(_count_affinity_cores(), int(limit)) if limit.isdecimal() and int(limit) else _count_affinity_cores()


def _count_affinity_cores() -> int:
    count = getattr(os, "process_cpu_count", None)  # new in Python 3.13
    if count is not None:
        return count() or 1
    if hasattr(os, "sched_getaffinity"):  # neither macOS nor Windows has it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
