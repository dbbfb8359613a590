"""Whatever others have written, labels, ids, names of files and columns, is shown without orders to the terminal."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from onoma.cli import main

ORDER = "\x1b]0;taken\x07\x1b[31m\x9b2J\x7f"
"""Sets a terminal's title, changes its colour and clears it."""

ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a model that finds a hostile label."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def hostile(model: Path, place: Path) -> Path:
    """The model, with a label and a name of data that are orders."""
    folder = Path(shutil.copytree(model, place / f"model{ORDER}"))
    manifest = json.loads((folder / "onoma.json").read_text(encoding="utf-8"))
    manifest["tasks"]["entities"]["labels"] = [f"LOC{ORDER}", "PER"]
    manifest["encoder"]["name"] = manifest["provenance"]["data"]["train"]["name"] = ORDER
    (folder / "onoma.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def write(name: str, content: str) -> Path:
    path = Path(name)
    path.write_text(content, encoding="utf-8")
    return path


def rows(*fields: Mapping[str, object]) -> str:
    return "".join(json.dumps(each) + "\n" for each in fields)


def gold(label: str = f"LOC{ORDER}", text: str = "angela visited lyon") -> str:
    spans = [{"start": 15, "end": 19, "label": label}, {"start": 0, "end": 6, "label": "PER"}]
    return rows(*({"id": f"{ORDER}{number}", "text": text, "entities": spans} for number in range(4)))


NAME = f"a{ORDER}"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")

Command = list[str | Path]

COMMANDS: dict[str, Callable[[], Command]] = {
    "a file that is missing": lambda: ["tag", NAME],
    "a file in no format": lambda: ["evaluate", "en", write(NAME, "a\tb\n")],
    "a column that is missing": lambda: [
        "tag",
        write("a.csv", f"text{ORDER},b\n1,2\n"),
        "--column",
        "x",
        "-o",
        "o.jsonl",
    ],
    "a column that is asked for": lambda: ["tag", write("a.csv", "text\n1\n"), "--column", ORDER, "-o", "o.jsonl"],
    "a tag outside the scheme": lambda: ["check", write("a.conll", f"a\tI-{ORDER}\n"), "--scheme", "BIOES"],
    "a line that is not JSON": lambda: ["convert", write(f"{NAME}.jsonl", f'{{"text": {ORDER}\n'), "o.conll"],
    "a label that is no text": lambda: ["convert", write("a.jsonl", gold(label=ORDER)), f"{NAME}.conll"],
    "a format": lambda: ["convert", write("a.jsonl", gold()), "o.conll", "--format", ORDER],
    "a row that cannot be tagged": lambda: ["tag", write(f"{NAME}.jsonl", rows({"id": ORDER, "text": 5}))],
    "rows that cannot be tagged": lambda: ["tag", write(f"{NAME}.jsonl", rows({"text": 5})), "-o", f"o{ORDER}.jsonl"],
    "findings": lambda: ["check", write(f"{NAME}.jsonl", gold() + gold("ORG"))],
    "findings as JSON": lambda: ["check", write(f"{NAME}.jsonl", gold() + gold("ORG")), "--json"],
    "fixes": lambda: ["check", write(f"{NAME}.jsonl", gold(" PER ")), "--fix", f"fixed{ORDER}"],
    "two files": lambda: ["score", write(f"{NAME}.jsonl", gold()), write("b.jsonl", gold("ORG")), "--errors"],
    "two files as JSON": lambda: ["score", write(f"{NAME}.jsonl", gold()), write("b.jsonl", gold("ORG")), "--json"],
    "two texts that differ": lambda: [
        "score",
        write("a.jsonl", gold()),
        write("b.jsonl", gold(text=f"{ORDER} is lyon yes")),
    ],
    "a model that is missing": lambda: ["tag", "--model", NAME, "--text", "x"],
    "a setting": lambda: ["train", "--train", write("a.jsonl", gold()), "-o", "o", "--set", f"{ORDER}=1"],
    "an encoder": lambda: ["train", "--train", write("a.jsonl", gold()), "-o", "o", "--encoder", ORDER],
    "a candidate": lambda: ["compare", "--train", write("a.jsonl", gold()), "-o", "o", "--encoder", f"x{ORDER}"],
    "a run's file": lambda: ["train", write(f"{NAME}.toml", f'"{ORDER}" = 1\n')],
    "an option": lambda: ["tag", f"--x{ORDER}"],
    "a dtype": lambda: ["tag", "--dtype", ORDER, "--text", "x"],
    "an encoding": lambda: ["check", write("a.jsonl", gold()), "--encoding", ORDER],
}

OF_A_MODEL: dict[str, Callable[[Path], Command]] = {
    "a text": lambda model: ["tag", "--model", model, "--text", f"angela {ORDER} lyon"],
    "what a model is": lambda model: ["info", model],
    "what a model is, as JSON": lambda model: ["info", model, "--json"],
    "a report": lambda model: ["evaluate", model, write(f"{NAME}.jsonl", gold()), "--errors"],
    "a report as JSON": lambda model: ["evaluate", model, write("a.jsonl", gold()), "--json"],
    "a page": lambda model: ["evaluate", model, write("a.jsonl", gold()), "--report", f"{NAME}.html"],
    "a calibration": lambda model: ["calibrate", model, write("a.jsonl", gold() * 8 + gold("O")), "--recall", "0.5"],
    "an explanation": lambda model: ["explain", model, "--text", f"angela visited lyon {ORDER}"],
    "an explanation as JSON": lambda model: ["explain", model, "--text", f"angela visited lyon {ORDER}", "--json"],
    "an index": lambda model: ["index", model, write("a.jsonl", gold())],
    "an export": lambda model: ["export", model],
    "a job": lambda model: ["tag", "-m", model, write("a.jsonl", gold()), "-o", f"o{ORDER}.jsonl", "--threads", "1"],
    "findings of a model": lambda model: ["check", write("a.jsonl", gold("ORG")), "--model", model],
}


@pytest.mark.parametrize("what", COMMANDS)
def test_messages(onoma, place, what):
    ended = onoma(*COMMANDS[what]())
    assert not ORDERS.findall(ended.out + ended.err)
    assert "taken" in ended.out + ended.err


@pytest.mark.parametrize("what", OF_A_MODEL)
def test_what_a_model_says(onoma, hostile, what):
    ended = onoma(*OF_A_MODEL[what](hostile))
    assert not ORDERS.findall(ended.out + ended.err)
    assert "taken" in ended.out + ended.err


def test_training(onoma, encoder, place):
    corpus = write(f"{NAME}.jsonl", gold())
    settings = ("--set", "training.epochs=1", "--set", "model.window=64", "--set", "training.dtype=fp32")
    ended = onoma("train", "--train", corpus, "--dev", corpus, "--encoder", encoder, "-o", f"run{ORDER}", *settings)
    assert ended.status == 0, ended.err
    assert not ORDERS.findall(ended.out + ended.err)


class Screen(io.StringIO):
    """A terminal, as Python sees it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("target", ["jsonl", "html"])
def test_data_is_shown_on_a_terminal_and_else_stays_as_it_is(onoma, place, monkeypatch, target):
    arguments = ["tag", "--text", f"Angela {ORDER} Merkel", "--to", target]
    plain = onoma(*arguments).out
    assert ORDERS.findall(plain)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "argv", ["onoma", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert not ORDERS.findall(screen.getvalue())
    assert "Merkel" in screen.getvalue()


def test_colours_of_our_own_stay(onoma, monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "argv", ["onoma", "tag", "--text", f"Angela Merkel {ORDER}"])
    with pytest.raises(SystemExit):
        main()
    assert "\x1b[" in screen.getvalue()
    assert not re.findall("\x1b]|\x07|\x7f|\x9b", screen.getvalue())


def test_a_fault_of_onoma_itself(onoma, monkeypatch):
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError(ORDER)

    monkeypatch.setattr("onoma.api.converting.convert", fault)
    ended = onoma("convert", "a", "b")
    assert (ended.status, "RuntimeError" in ended.err) == (1, True)
    assert not ORDERS.findall(ended.err)
