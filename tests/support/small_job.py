"""A small bulk job with rows of every kind, for processes that die, and what must be left of it in the end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from onoma.bulk import Request, choose_output, find_inputs, run_job
from support.capitals import make_tagger
from support.dying import run

TEXTS = ["Ada met Bob.", "", "nobody", "Eve", None, "in Lyon", "x" * 300, "Ada", "Zoe, Max", "end"]
OUTPUTS = ("out.jsonl", "out.csv.gz", "out.parquet", "parts/")
FOREIGN = b"years of work"


class SmallJob:
    """A job in a folder.

    Args:
        folder: an empty one.
        output: what it writes, by its name.
        replaces: whether an output is there before, which it may replace.
        times: how often all rows are repeated.
    """

    def __init__(self, folder: Path, *, output: str, replaces: bool, times: int = 1) -> None:
        self.folder = folder
        self.name = output.rstrip("/")
        self._output = f"{folder / output}{'/' if output.endswith('/') else ''}"
        self._replaces = replaces
        (folder / "model").mkdir()
        lines = (
            json.dumps({"id": number, "text": text, "n": number}) + "\n" for number, text in enumerate(TEXTS * times)
        )
        (folder / "in.jsonl").write_text("".join(lines), encoding="utf-8")
        self.start()()
        self.expected = self.left()
        self.clear()

    def clear(self) -> None:
        """Everything as it is before the job."""
        for path in self.folder.iterdir():
            if path.name not in ("in.jsonl", "model"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (self.folder / "thesis").write_bytes(FOREIGN)
        if self._replaces:
            self.start(shard_rows=1_000)()

    def start(self, *, shard_rows: int = 3) -> Callable[[], object]:
        """The first run."""
        return partial(self._run, shard_rows=shard_rows, overwrite=self._replaces)

    def recover(self) -> Callable[[], object]:
        """What a user does after a death: the same with ``--resume``, or where nothing was begun, the same again."""
        begun = (self.folder / f"{self.name}.unfinished" / "journal.jsonl").exists()
        again = {"overwrite": True} if self._replaces and not begun else {"resume": True}
        return partial(self._run, shard_rows=3, **again)

    def left(self) -> dict[str, bytes]:
        """What is there beside the input."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name not in ("in.jsonl", "thesis"))
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def lost(self) -> str:
        """What is wrong in the end; nothing where nothing is."""
        left = self.left()
        if (self.folder / "thesis").read_bytes() != FOREIGN:
            return "a foreign file has changed"
        if missing := self.expected.keys() - left.keys():
            return f"missing: {sorted(missing)}"
        if more := left.keys() - self.expected.keys():
            return f"left behind: {sorted(more)}"
        return "" if left == self.expected else "other bytes"

    def recovered(self) -> str:
        """Recover in a process of its own; what is wrong in the end, nothing where nothing is."""
        if not self.lost():
            return ""
        ended = run(self.recover(), below=self.folder)
        # A job that died behind its last step is refused, as its output is there.
        return self.lost() or ("" if not ended.failed or "exists already" in ended.message else ended.message)

    def _run(self, **more: object) -> None:
        found = find_inputs([self.folder / "in.jsonl"], output=self._output)
        output = choose_output(self._output, to="jsonl" if self._output.endswith("/") else None, inputs=found.inputs)
        model = self.folder / "model"
        run_job(Request(found=found, output=output, model=model, load=make_tagger, **more))  # type: ignore[arg-type]
