"""The heap is set up where the C library is glibc, and left alone elsewhere."""

from __future__ import annotations

import ctypes
import platform
import resource
from pathlib import Path

import pytest

from onoma.engine.heap import set_up_heap, trim_heap


def test_glibc_is_set_up():
    assert set_up_heap() == (platform.libc_ver()[0] == "glibc")
    assert set_up_heap() == (platform.libc_ver()[0] == "glibc")


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not set_up_heap()
    assert not trim_heap()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such heap")
def test_holes_between_blocks_go_back_to_the_system():
    blocks = [b"\1" * 100_000 for _ in range(400)]
    del blocks[::2]
    before = resident()
    assert trim_heap()
    assert resident() < before - 10_000_000
    assert len(blocks) == 200


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
