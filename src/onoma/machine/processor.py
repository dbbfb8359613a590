"""What the system says of its processor, and how many cores of it this process may use."""

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
    """A processor, as programs see it: a virtual machine may hide instructions that the hardware has.

    Attributes:
        name: as the system shows it.
        flags: the instruction sets, by the names of Linux; empty on other systems.
    """

    name: str
    flags: frozenset[str]

    @property
    def has_amx(self) -> bool:
        """Whether the matrix units of recent Xeons (Advanced Matrix Extensions) are visible."""
        return _AMX in self.flags

    @property
    def has_vnni(self) -> bool:
        """Whether it sums products of bytes in 32 bits at once (AVX-VNNI or AVX512-VNNI)."""
        return bool(self.flags & _VNNI)

    @property
    def is_x86(self) -> bool:
        """Whether it is one of Intel's kind, by what the system says."""
        return platform.machine().lower() in _X86


@cache
def find_processor() -> Processor:
    """The processor of this machine."""
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


def usable_cores() -> int:
    """How many cores this process may use: those it is bound to, or as few of them as OMP_NUM_THREADS says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(_bound_cores(), int(asked)) if asked.isdecimal() and int(asked) else _bound_cores()


def _bound_cores() -> int:
    count = getattr(os, "process_cpu_count", None)  # new in Python 3.13
    if count is not None:
        return count() or 1
    if hasattr(os, "sched_getaffinity"):  # neither macOS nor Windows has it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
