"""Commands read and write what was named, the cache, the installation and the temporary folder, and open no connection.

What Python does is heard by audit hooks, in workers too; what libraries do beside it is seen by `strace`, where it is
installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.environment import TESTS, environment
from support.learnable import QUICK, SENTENCES, write_corpus

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="compares places by the names that POSIX has for them")

ROOT = TESTS.parent
INSTALLATION = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *filter(None, sys.path), str(ROOT)]
SYSTEM = [f"/etc/{name}" for name in ("ld.so.cache", "localtime", "locale.alias", "os-release", "ssl")]
SYSTEM += ["/proc", "/sys", "/dev", "/usr", "/lib", "/lib64"]
"""What the interpreter and the libraries ask of the system."""

SHORT = [*QUICK, "--set", "training.epochs=2"]

COMMANDS = {
    "a text": ["tag", "--text", "Angela Merkel visited Lyon."],
    "a stream": ["tag", "IN/a.conll", "--to", "jsonl"],
    "a job": ["tag", "IN/a.conll", "IN/b.csv", "--output", "OUT/o.jsonl", "--threads", "1"],
    "a job of workers": ["tag", "IN/b.csv", "--output", "OUT/parts/", "--workers", "2", "--shard-rows", "20"],
    "evaluate": ["evaluate", "en", "IN/a.conll", "--errors"],
    "check": ["check", "IN/a.conll", "--model", "en", "--fix", "OUT/fixed", "--fail-on", "never"],
    "convert": ["convert", "IN/a.conll", "OUT/a.jsonl"],
    "train": [
        "train",
        "--train",
        "IN/a.conll",
        "--dev",
        "IN/a.conll",
        "--encoder",
        "IN/encoder",
        "-o",
        "OUT/run",
        *SHORT,
    ],
}


@dataclass(frozen=True)
class Place:
    """Folders of a test, none of them in another."""

    base: Path

    def __getattr__(self, name: str) -> Path:
        return self.base / name

    @property
    def own(self) -> list[str]:
        """Where a command may write."""
        return [str(self.base / name) for name in ("output", "cache", "temporary")]


@pytest.fixture
def place(tmp_path: Path, encoder: Path) -> Place:
    for name in ("input", "output", "home", "cache", "temporary"):
        (tmp_path / name).mkdir()
    write_corpus(tmp_path / "input" / "a.conll", SENTENCES)
    shutil.copytree(encoder, tmp_path / "input" / "encoder")
    (tmp_path / "input" / "b.csv").write_text("text\n" + "Angela visited Lyon.\n" * 50, encoding="utf-8")
    (tmp_path / "input" / "not-named.conll").write_text("secret\tO\n", encoding="utf-8")
    return Place(Path(os.path.realpath(tmp_path)))


def run(place: Place, what: str, *before: str, **variables: str) -> None:
    folders = {"IN": str(place.input), "OUT": str(place.output)}
    arguments = [re.sub("^(IN|OUT)(?=/)", lambda found: folders[found[0]], argument) for argument in COMMANDS[what]]
    command = [*before, sys.executable, "-m", "onoma", *arguments]
    clean = {name: value for name, value in environment().items() if not name.startswith(("ONOMA", "XDG", "HF"))}
    places = {"HOME": place.home, "ONOMA_CACHE": place.cache, "TMPDIR": place.temporary}
    ours = {name: str(folder) for name, folder in places.items()} | {"PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        command, cwd=place.output, env={**clean, **ours, **variables}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def within(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in map(os.path.realpath, folders))


def check(place: Place, what: str, touched: Iterator[tuple[str, str]]) -> None:
    """Each file is one that may be read or written."""
    named = [str(place.input / argument.partition("/")[2]) for argument in COMMANDS[what] if argument.startswith("IN/")]
    files = list(touched)
    assert files
    for event, path in files:
        allowed = [*place.own, "/dev/null"]
        if event == "read":
            allowed += [*named, *INSTALLATION, *SYSTEM]
        assert within(path, allowed), (event, path)
    assert list(place.home.rglob("*")) == []


def heard_of(place: Place, what: str) -> list[dict[str, Any]]:
    """What the audit hooks of a command note."""
    notes = place.base / "notes"
    path = os.pathsep.join([str(TESTS / "support" / "audited"), environment()["PYTHONPATH"]])
    run(place, what, PYTHONPATH=path, ONOMA_NOTES=str(notes))
    return [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]


def files_of(heard: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    return ((note["event"], note["path"]) for note in heard if "path" in note)


def test_what_was_not_named_is_noticed(place):
    with pytest.raises(AssertionError, match=r"a\.conll"):
        check(place, "a text", files_of(heard_of(place, "convert")))


@pytest.mark.parametrize("what", COMMANDS)
def test_python_touches_nothing_else(place, what):
    heard = heard_of(place, what)
    check(place, what, files_of(heard))
    others = [note for note in heard if "path" not in note]
    if "--workers" in COMMANDS[what]:  # pairs of local sockets, between a process and its own workers
        others = [note for note in others if note["event"] != "socket.__new__" or note["arguments"][1] != "1"]
    assert others == []


def traced(path: Path) -> Iterator[tuple[str, str]]:
    """What the calls of a trace have opened, made, renamed or removed."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        call = re.match(r"\d+ +(\w+)\((.*)\) += +(-?\d+)(?:<(.*)>)?", line)
        if call is None or call[3] == "-1" or call[1] in ("execve", "readlink", "getcwd", "chdir"):
            continue
        if call[1] == "openat":
            yield "write" if re.search("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", call[2]) else "read", call[4]
        elif re.match("mkdir|rename|unlink|rmdir|link|symlink|chmod|truncate|utime", call[1]):
            for folder, name in re.findall(r'(?:\d+<([^>]*)>, )?"([^"]*)"', call[2]):
                yield "write", os.path.realpath(os.path.join(folder or "", name))  # noqa: PTH118


@pytest.mark.slow
@pytest.mark.parametrize("what", ["a text", "a job", "evaluate", "check", "convert", "train"])
def test_nothing_else_is_touched_at_all(place, what):
    strace = shutil.which("strace")
    if strace is None or subprocess.run([strace, "-qq", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not installed, or may not trace here")
    trace = place.base / "trace"
    run(place, what, strace, "-f", "-qq", "-y", "-s", "4096", "-e", "trace=%file,%network", "-o", str(trace))
    check(place, what, traced(trace))
    assert not re.findall(r"^\d+ +(?:socket|connect|bind|sendto|sendmsg)\(.*", trace.read_text(errors="replace"), re.M)
