import errno
import io
import os
from pathlib import Path

import pytest

from onoma.errors import CorpusError
from onoma.io.files import new_folder, replacing, replacing_bytes, replacing_path


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


def test_the_new_takes_the_place_of_the_old(writer, tmp_path):
    writer(tmp_path / "place", "old")
    writer(tmp_path / "place", "new\n")
    assert list(everything(tmp_path).values()) == [b"new\n"]


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


def test_what_the_disk_does_not_hold_gets_no_name(tmp_path, monkeypatch):
    write_bytes(tmp_path / "place", "old")

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_bytes(tmp_path / "place", "new")
    assert everything(tmp_path) == {"place": b"old"}


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
