"""Requests to stop by signals."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from onoma.engine.stopping import Stop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")


@pytest.fixture
def deaf():
    """A process that was started to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it(deaf):
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.signal is None
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_a_request(number):
    before = signal.getsignal(number)
    with Stop() as stop:
        os.kill(os.getpid(), number)
        heard = stop.signal
    assert signal.getsignal(number) is before
    assert heard is number
