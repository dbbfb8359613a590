"""SIGTERM as an exception."""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

import pytest

from onoma.errors import StoppedError
from onoma.machine import raise_on_sigterm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")


@pytest.fixture(autouse=True)
def before():
    """What is done at SIGTERM otherwise."""

    def ours(*_: object) -> None:
        raise AssertionError("it was not handled")

    previous = signal.signal(signal.SIGTERM, ours)
    yield ours
    signal.signal(signal.SIGTERM, previous)


def test_it_is_raised_and_all_is_as_before(before):
    with pytest.raises(StoppedError, match="go on"), raise_on_sigterm("go on"):
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_second_ends_the_process():
    with raise_on_sigterm("go on"):
        with pytest.raises(StoppedError):
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_elsewhere_nothing_changes(before):
    seen = []

    def look() -> None:
        with raise_on_sigterm("go on"):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
