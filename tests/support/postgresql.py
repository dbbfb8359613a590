"""A PostgreSQL server of its own, in a folder, as long as it is needed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

USER = "onoma"
_DRIVER = "psycopg"
_STARTS_WITHIN = 60.0


def why_not() -> str:
    """Why there can be no server here; empty where there can."""
    if not find_spec(_DRIVER):
        return f"{_DRIVER} is not installed"
    if _program("postgres") is None:
        return "PostgreSQL is not installed; Debian's package is postgresql"
    return "" if os.name == "posix" else "starts a server as on Unix"


@contextmanager
def server() -> Iterator[str]:
    """A server in a temporary folder; gives the URL of its database for SQLAlchemy. It is gone at the end."""
    initdb, postgres = _program("initdb"), _program("postgres")
    assert initdb is not None
    assert postgres is not None
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    # The server refuses to run as root; Debian's package has made a user for it.
    account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()
    process: subprocess.Popen[bytes] | None = None
    try:
        command = [initdb, "-D", str(data), "-U", USER, "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **account)  # type: ignore[call-overload]
        log = (folder / "log").open("wb")
        command = [postgres, "-D", str(data), "-k", str(folder), "-p", str(port), "-c", "listen_addresses=127.0.0.1"]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **account)  # type: ignore[call-overload]
        log.close()
        assert process is not None
        _wait_until_it_answers(port, process, folder / "log")
        yield f"postgresql+{_DRIVER}://{USER}@127.0.0.1:{port}/postgres"
    finally:
        if process is not None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    end = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres", connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.05)


def _program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(installed[-1]) if installed else shutil.which(name)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
