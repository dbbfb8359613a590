"""Starts a command in several processes, as `torchrun` does."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from torch import distributed

from support.environment import TESTS, environment

UNDISTURBED = (TESTS / "support" / "together.py", 0, "SIGTERM")
"""``onoma``, each process of which prints what it has learnt by its digest."""

NEEDS_GLOO = pytest.mark.skipif(
    not distributed.is_available() or not distributed.is_gloo_available(), reason="needs gloo"
)


def launch(tmp_path: Path, *command: object, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """Run a command in several processes, or in one without `torchrun`; each one's files apart from its output."""
    variables = environment(ONOMA_CACHE=str(tmp_path / "cache"), GLOO_SOCKET_IFNAME="lo", OMP_NUM_THREADS="1")
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", processes, "--master-addr", "127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        torchrun += ["--master-port", free.getsockname()[1]]
    run = [*(torchrun if processes > 1 else []), *command]
    return subprocess.run(
        [sys.executable, *map(str, run)], capture_output=True, text=True, check=False, env=variables, timeout=120
    )
