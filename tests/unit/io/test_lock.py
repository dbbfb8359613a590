import shutil
import subprocess
import sys

import pytest

from onoma.errors import InputError
from onoma.io.lock import locked

HOLD = """
import sys
from pathlib import Path
from onoma.io.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "output" / "run" / "onoma.lock"


@pytest.fixture
def other(path):
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def free(path):
    try:
        with locked(path):
            return True
    except InputError:
        return False


def test_the_holder_is_named(path, other):
    with pytest.raises(InputError, match=rf"output: another run .*\(process {other.pid} on "), locked(path):
        pass


def test_a_lock_dies_with_its_process(path, other):
    assert not free(path)
    other.kill()
    other.wait()
    assert free(path)


def test_nothing_is_left_at_the_end(path):
    with locked(path):
        assert len(list(path.parent.iterdir())) == 2
    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")
def test_the_holder_may_remove_the_folder_and_the_next_one_makes_it_anew(path):
    with locked(path):
        shutil.rmtree(path.parent)
        with locked(path):
            assert not free(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")
def test_a_file_that_was_removed_before_it_was_locked_is_no_lock(path, monkeypatch):
    """The holder finishes between another one's opening of the file and its locking."""
    import fcntl

    honest = fcntl.flock
    opened: list[int] = []

    def late(file, flags):
        if not opened:
            opened.append(file)
            path.unlink()
        return honest(file, flags)

    monkeypatch.setattr(fcntl, "flock", late)
    with locked(path):
        assert opened
        assert not free(path)
