"""The heap is set up where the C library is glibc, and left alone elsewhere."""

from __future__ import annotations

import ctypes
import platform

from onoma.training.heap import set_up_heap


def test_glibc_is_told():
    assert set_up_heap() == (platform.libc_ver()[0] == "glibc")
    assert set_up_heap() == (platform.libc_ver()[0] == "glibc")


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not set_up_heap()
