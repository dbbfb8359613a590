"""Ctrl-C while a worker process starts: the parent receives it, the worker does not."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import pytest

from onoma.machine import WorkerProcess

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends signals")


def answer(pipe: Connection) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    pipe.send(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)


def test_a_worker_ignores_ctrl_c_and_its_parent_still_does_not():
    before = signal.getsignal(signal.SIGINT)
    worker = WorkerProcess(answer)
    assert worker.pipe.recv()
    worker.join()
    assert worker.exit_reason == "exit status 0"
    assert signal.getsignal(signal.SIGINT) == before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_is_not_lost_while_a_worker_starts(monkeypatch):
    start = SpawnProcess.start
    started: list[SpawnProcess] = []

    def interrupted(process: SpawnProcess) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        start(process)
        started.append(process)

    monkeypatch.setattr(SpawnProcess, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        WorkerProcess(answer)
    # where other threads run, one of them receives the signal, and the worker may not have been started
    assert all(process.exitcode == -signal.SIGTERM for process in started)
