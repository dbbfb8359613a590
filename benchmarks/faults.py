"""Fault injection: bulk jobs and training runs that are killed or run out of disk space, and what they lose.

    python benchmarks/faults.py [--kills 150] [--command-kills 30] [--training-kills 150] [--seed 1]

A small job with a stub tagger is run in three ways: killed before each of its file system calls, with a disk that is
full from each of its write calls on, and with a limit on the file size. This is done for four kinds of output, with and
without an existing output to replace. Then jobs are killed at random moments and resumed until they finish: in one
process, and as `onoma tag` with two workers and the English model. Training runs are killed at random steps and
resumed. A loss is any result that differs from that of an undisturbed run: other bytes, missing or additional files, a
changed file that does not belong to the job, or an error without an explanation. Finally, damaged files are read by the
readers of bulk jobs; here a loss is an exception without an explanation, or more than five seconds for one file.
Requires `os.fork`.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from results import write_result

TESTS = Path(__file__).parents[1] / "tests"
sys.path.append(str(TESTS))

from onoma.errors import OnomaError  # noqa: E402
from support.damaging import FILES, damaged, read_all  # noqa: E402
from support.dying import run  # noqa: E402
from support.environment import environment  # noqa: E402
from support.small_job import OUTPUTS, SmallJob  # noqa: E402

ROWS = 4_000
SLOW = 5.0


class Tries:
    """Number of tries, and descriptions of the losses."""

    def __init__(self) -> None:
        self.tries = 0
        self.losses: list[str] = []

    def add(self, lost: str) -> None:
        self.tries += 1
        if lost:
            self.losses.append(lost)

    def figures(self) -> dict[str, object]:
        return {"tries": self.tries, "losses": len(self.losses), "lost": self.losses[:5]}


def jobs(**more: int) -> Iterator[SmallJob]:
    """Yield a job for each kind of output, with and without an existing output."""
    for output in OUTPUTS:
        for replaces in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                yield SmallJob(Path(folder).resolve(), output=output, replaces=replaces, **more)


def death_at_every_call(_: argparse.Namespace) -> Tries:
    tries = Tries()
    for job in jobs():
        for call in count(1):
            job.clear()
            ended = run(job.start(), below=job.folder, die_at=call)
            if not ended.killed:
                break
            tries.add(job.recovered())
    return tries


def full_disk_at_every_call(_: argparse.Namespace) -> Tries:
    tries = Tries()
    for job in jobs():
        for call in count(1):
            job.clear()
            ended = run(job.start(), below=job.folder, full_at=call)
            if not ended.failed and not job.lost():
                break
            tries.add(job.recovered() or ("" if "No space left" in ended.message else ended.message))
    return tries


def files_that_cannot_grow(_: argparse.Namespace) -> Tries:
    tries = Tries()
    for job in jobs():
        for size in sorted({step * len(content) // 8 for content in job.expected.values() for step in range(8)}):
            job.clear()
            ended = run(job.start(), below=job.folder, largest=size)
            tries.add(job.recovered() or ("" if "File too large" in ended.message else ended.message))
    return tries


def kills_at_random_moments(arguments: argparse.Namespace) -> Tries:
    moments, tries = random.Random(arguments.seed), Tries()
    while tries.tries < arguments.kills:
        for job in jobs(times=10):
            job.clear()
            started = time.perf_counter()
            run(job.start(), below=job.folder)
            seconds = time.perf_counter() - started
            job.clear()
            work, killed = job.start(), 0
            while run(work, below=job.folder, seconds=moments.uniform(0.02, 0.5) * seconds).killed:
                killed += 1
                work = job.recover()
            lost = job.recovered()
            for _ in range(killed):
                tries.add(lost)
    return tries


def kills_of_the_command(arguments: argparse.Namespace) -> Tries:
    """Kill the main process of `onoma tag` with two workers at random moments and resume the job."""
    moments, tries = random.Random(arguments.seed), Tries()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = (json.dumps({"id": n, "text": f"Angela Merkel met number {n} in Lyon."}) for n in range(ROWS))
        (folder / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

        def start(output: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "onoma", "tag", "in.jsonl", "-o", output, "--resume", "--shard-rows", "64"]
            return subprocess.Popen(
                [*command, "--workers", "2"], cwd=folder, stderr=subprocess.PIPE, env=environment(OMP_NUM_THREADS="1")
            )

        started = time.perf_counter()
        start("whole.jsonl").communicate()
        seconds = time.perf_counter() - started
        whole = (folder / "whole.jsonl").read_bytes()
        while tries.tries < arguments.command_kills:
            killed, error = 0, b""
            while True:
                process = start("out.jsonl")
                try:
                    _, error = process.communicate(timeout=moments.uniform(0.2, 0.7) * seconds)
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                    killed += 1
            # A job killed after its last step has written the output, so that the next call refuses to overwrite it.
            output = folder / "out.jsonl"
            same = output.exists() and output.read_bytes() == whole
            if process.returncode and b"exists already" not in error:
                same = False
            for _ in range(killed):
                tries.add("" if same else error.decode(errors="replace")[-200:] or "other bytes")
            output.unlink(missing_ok=True)
            if not same:
                break
    return tries


def kills_of_training(arguments: argparse.Namespace) -> Tries:
    """Kill each training run ten times and let it finish; with more kills, it might finish before the last one."""
    tries = Tries()
    for seed in range(arguments.seed, arguments.seed + -(-arguments.training_kills // 10)):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, TESTS / "support" / "killing.py", folder, 10, seed]
            done = subprocess.run(
                list(map(str, command)),
                capture_output=True,
                text=True,
                check=False,
                env=environment(OMP_NUM_THREADS="1"),
            )
            bundles = [Path(folder) / name / "model.safetensors" for name in ("whole", "broken")]
            same = done.returncode == 0 and bundles[0].read_bytes() == bundles[1].read_bytes()
        for _ in range(10):
            tries.add("" if same else done.stderr[-200:] or "other weights")
    return tries


def damaged_files(arguments: argparse.Namespace) -> Tries:
    """Read damaged files; a loss is an exception other than OnomaError, or more than ``SLOW`` seconds."""
    chosen, tries = random.Random(arguments.seed), Tries()
    with tempfile.TemporaryDirectory() as folder:
        for name, make in FILES.items():
            whole, path = make(), Path(folder) / name
            for _ in range(arguments.damaged):
                path.write_bytes(damaged(whole, chosen))
                started, lost = time.process_time(), ""
                try:
                    read_all(path)
                except OnomaError:
                    pass
                except Exception as error:
                    lost = f"{name}: {error!r}"
                tries.add(lost or (f"{name}: slow" if time.process_time() - started > SLOW else ""))
    return tries


KINDS: dict[str, Callable[[argparse.Namespace], Tries]] = {
    "death before every call of the file system": death_at_every_call,
    "full disk from every writing call on": full_disk_at_every_call,
    "files that cannot grow": files_that_cannot_grow,
    "kills of a job at random moments": kills_at_random_moments,
    "kills of `onoma tag` with two workers": kills_of_the_command,
    "kills of training": kills_of_training,
    "damaged files through the readers of jobs": damaged_files,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--command-kills", type=int, default=30)
    parser.add_argument("--training-kills", type=int, default=150)
    parser.add_argument("--damaged", type=int, default=1_500, help="damaged files of each kind")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    for name, kind in KINDS.items():
        started = time.perf_counter()
        tries = kind(arguments)
        figures[name] = {**tries.figures(), "seconds": round(time.perf_counter() - started, 1)}
        print(name, figures[name], file=sys.stderr)
    write_result("faults", figures)


if __name__ == "__main__":
    main()
