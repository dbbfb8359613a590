"""Number of onoma's modules involved in tagging a text with `onoma tag`, and in training with `onoma train`.

    python benchmarks/walks.py [--source SRC]

Each command is run twice in one process. A module counts if one of its functions is called in the second run, so that
imports do not count. `--source` is the folder src of another version.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

from results import write_result

HERE = Path(__file__).parents[1]
SAMPLE = HERE / "examples" / "sample"


def walked(arguments: list[str]) -> list[str]:
    """Return the modules in which a function is called when a command is run for the second time."""
    import onoma
    from onoma.cli import app

    root = Path(onoma.__file__).parent
    files: set[str] = set()

    def called(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    for watched in (False, True):
        if watched:
            threading.setprofile(called)
            sys.setprofile(called)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            app(arguments, standalone_mode=False)
    sys.setprofile(None)
    threading.setprofile(None)
    return sorted(str(Path(file).relative_to(root)) for file in files if Path(file).is_relative_to(root))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=HERE / "src")
    parser.add_argument("--walk", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.walk:
        print(json.dumps(walked(arguments.walk)))
        return
    with tempfile.TemporaryDirectory() as folder:
        walks = {
            "tag": ["tag", "--text", "Angela Merkel visited Lyon."],
            "train": [
                *("train", str(SAMPLE / "run.toml"), "--overwrite", "--output", f"{folder}/run"),
                *("--set", "training.epochs=1"),
            ],
        }
        environment = {**os.environ, "PYTHONPATH": str(arguments.source.resolve())}
        figures = {}
        for name, walk in walks.items():
            command = [sys.executable, __file__, "--walk", *walk]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=HERE)
            modules = json.loads(done.stdout)
            figures[name] = {"modules": len(modules), "names": modules}
    write_result("walks", figures)


if __name__ == "__main__":
    main()
