from __future__ import annotations

import os

import pytest

from onoma.machine import available_cores


@pytest.fixture(autouse=True)
def _nothing_asked_for(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_the_cores_that_this_process_may_use(monkeypatch):
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1, 4, 5}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    assert available_cores() == 3


def test_where_python_knows_them_it_is_asked(monkeypatch):
    monkeypatch.setattr(os, "process_cpu_count", lambda: 5, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1, 4}, raising=False)
    assert available_cores() == 5


@pytest.mark.parametrize(("counted", "cores"), [(16, 16), (None, 1)])
def test_a_system_that_does_not_bind_processes_to_cores(monkeypatch, counted, cores):
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert available_cores() == cores


@pytest.mark.parametrize(("asked", "cores"), [("2", 2), ("64", 4), ("0", 4), ("4,2", 4), ("", 4)])
def test_as_few_as_the_usual_variable_says(monkeypatch, asked, cores):
    monkeypatch.setattr(os, "process_cpu_count", lambda: 4, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert available_cores() == cores
