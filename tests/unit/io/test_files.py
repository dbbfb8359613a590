import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onoma.errors import CorpusError
from onoma.io.files import new_folder, replacing, replacing_bytes, replacing_path
from support.environment import environment


class BrokenError(Exception):
    pass


def write(path, content):
    with replacing(path) as file:
        file.write(content)


def write_bytes(path, content):
    with replacing_bytes(path) as file:
        file.write(content.encode())


def write_folder(path, content):
    with replacing_path(path) as draft:
        draft.mkdir()
        (draft / "content").write_text(content, encoding="utf-8")


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=[write, write_bytes, write_folder])
def writer(request):
    return request.param


def test_a_new_file_replaces_the_old_one(writer, tmp_path):
    writer(tmp_path / "place", "old")
    writer(tmp_path / "place", "new\n")
    assert list(everything(tmp_path).values()) == [b"new\n"]


def test_an_error_of_whoever_produces_the_content_is_not_one_of_writing(tmp_path):
    def write_what_gets_lost() -> None:
        with replacing(tmp_path / "place") as file:
            file.write("half")
            raise ConnectionError("lost the server")

    with pytest.raises(ConnectionError, match="lost the server"):
        write_what_gets_lost()
    assert everything(tmp_path) == {}


def fail_in_a_file(path, replaced, half):
    with replaced(path) as file:
        file.write(half)
        file.flush()
        assert path.read_bytes() == b"old"
        raise BrokenError


def fail_in_a_folder(path):
    with replacing_path(path) as draft:
        draft.mkdir()
        (draft / "half").write_bytes(b"half")
        assert (path / "content").read_bytes() == b"old"
        raise BrokenError


@pytest.mark.parametrize(("replaced", "half"), [(replacing, "half"), (replacing_bytes, b"half")])
def test_a_file_is_not_seen_before_it_is_whole_and_a_failure_leaves_the_old_one(replaced, half, tmp_path):
    write(tmp_path / "place", "old")
    with pytest.raises(BrokenError):
        fail_in_a_file(tmp_path / "place", replaced, half)
    assert everything(tmp_path) == {"place": b"old"}


def test_a_folder_is_not_seen_before_it_is_whole_and_a_failure_leaves_the_old_one(tmp_path):
    write_folder(tmp_path / "place", "old")
    with pytest.raises(BrokenError):
        fail_in_a_folder(tmp_path / "place")
    assert everything(tmp_path) == {"place/content": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_a_file_that_cannot_be_synchronised_replaces_nothing(tmp_path, monkeypatch):
    write_bytes(tmp_path / "place", "old")

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_bytes(tmp_path / "place", "new")
    assert everything(tmp_path) == {"place": b"old"}


def test_a_closed_standard_output_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(CorpusError, match="standard output is closed; name a file"):
        write(Path("-"), "Ada")


def test_a_text_that_cannot_be_written_is_told_with_its_path(tmp_path):
    with pytest.raises(CorpusError, match=r"missing/place: cannot be written: No such file or directory"):
        write(tmp_path / "missing" / "place", "new")
    with pytest.raises(CorpusError, match="is a folder"):
        write(tmp_path, "new")
    with pytest.raises(CorpusError, match=r"place: '\\ud83d' is half of a surrogate pair"):
        write(tmp_path / "place", "\ud83d")
    assert everything(tmp_path) == {}


def test_a_new_folder_takes_no_other_one_s_place(tmp_path):
    (tmp_path / "empty").mkdir()
    with new_folder(tmp_path / "empty") as draft:
        (draft / "content").write_bytes(b"new")
    with pytest.raises(CorpusError, match="exists already"), new_folder(tmp_path / "empty"):
        pass
    assert everything(tmp_path) == {"empty/content": b"new"}


@pytest.mark.parametrize(
    ("encoding", "text", "said"),
    [
        ("utf-8", "Ada \ud83d", r"-: '\\ud83d' is half of a surrogate pair and cannot be written as UTF-8"),
        ("ascii", "Zürich", "-: 'ü' cannot be written as ASCII"),
    ],
)
def test_standard_output_cannot_hold_every_text_either(monkeypatch, encoding, text, said):
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    with pytest.raises(CorpusError, match=said):
        write(Path("-"), text)


def test_a_file_changed_in_the_meantime_stays_and_the_result_is_kept_beside_it(tmp_path):
    path = tmp_path / "place"

    def write_while_somebody_writes() -> None:
        with replacing(path) as file:
            path.write_bytes(b"years of work")
            file.write("new")

    with pytest.raises(CorpusError, match=r"another process has changed it in the meantime.*place\.new"):
        write_while_somebody_writes()
    assert everything(tmp_path) == {"place": b"years of work", "place.new": b"new"}


def test_a_folder_that_is_filled_meanwhile_stays(tmp_path):
    path = tmp_path / "place"
    path.mkdir()

    def fill_while_somebody_fills() -> None:
        with new_folder(path) as draft:
            (draft / "content").write_bytes(b"new")
            (path / "thesis").write_bytes(b"years of work")

    with pytest.raises(CorpusError, match="cannot be written"):
        fill_while_somebody_fills()
    assert everything(tmp_path) == {"place/thesis": b"years of work"}


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
def test_drafts_of_processes_that_died_are_removed_the_next_time_and_those_of_others_are_not(tmp_path):
    program = "import os, sys; from pathlib import Path; from onoma.io.files import replacing; "
    program += (
        "place = replacing(Path(sys.argv[1])); place.__enter__(); print(flush=True); sys.stdin.read(); os._exit(1)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "place")]
    dead = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as living:
        for process in (dead, living):
            assert process.stdout is not None
            process.stdout.readline()
        assert len(list(tmp_path.iterdir())) == 2
        dead.kill()
        dead.communicate()
        write(tmp_path / "place", "new")
        assert [path.name.split("-")[1] for path in tmp_path.glob(".*")] == [str(living.pid)]
        living.kill()
    write(tmp_path / "place", "new")
    assert list(tmp_path.iterdir()) == [tmp_path / "place"]


@pytest.mark.skipif(os.name == "nt", reason="needs pipes with names")
def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="is a device or a pipe"):
        write(tmp_path / "pipe", "new")
    assert (tmp_path / "pipe").is_fifo()
