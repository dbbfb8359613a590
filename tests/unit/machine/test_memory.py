"""The memory that is left, as the system and a container say it."""

from __future__ import annotations

import os

import pytest

from onoma.machine import available_memory


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system that says nothing yet."""
    monkeypatch.setattr("onoma.machine.memory._MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr("onoma.machine.memory._CGROUP", tmp_path)
    monkeypatch.delattr(os, "sysconf", raising=False)
    return tmp_path


def say(folder, **files: str) -> None:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="ascii")


def test_nobody_says_so(system):
    assert available_memory() is None


def test_linux_says_what_can_be_freed_too(system):
    say(system, meminfo="MemTotal:  900 kB\nMemFree:  100 kB\nMemAvailable:   300 kB\n")
    assert available_memory() == 300 * 1024


def test_pages_that_are_free(system, monkeypatch):
    pages = {"SC_AVPHYS_PAGES": 7, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__, raising=False)
    assert available_memory() == 7 * 4096


def test_a_container_may_have_less(system):
    say(system, meminfo="MemAvailable:   300 kB\n", memory_max="200000\n", memory_current="150000\n")
    assert available_memory() == 50_000


def test_files_that_were_not_read_lately_are_freed_when_memory_is_needed(system):
    say(system, memory_max="200000", memory_current="150000", memory_stat="anon 50000\ninactive_file 90000\n")
    assert available_memory() == 140_000


def test_a_container_may_have_nothing_left(system):
    say(system, memory_max="1000", memory_current="2000")
    assert available_memory() == 0


def test_a_container_without_a_limit_says_nothing(system):
    say(system, meminfo="MemAvailable:   300 kB\n", memory_max="max\n", memory_current="150000\n")
    assert available_memory() == 300 * 1024


@pytest.mark.parametrize("content", ["", "MemAvailable:\n", "MemAvailable: many kB\n"])
def test_what_cannot_be_read_says_nothing(system, content):
    say(system, meminfo=content)
    assert available_memory() is None
