"""Fault tolerance of a shared hyperparameter search on each kind of storage, including PostgreSQL.

    python benchmarks/tune_storage.py [--trials 8] [--deaths 3] [--seed 1] [--storages sqlite journal postgresql]

`onoma tune` runs on 100 training and 100 dev sentences of WNUT 2017, without runs with new seeds. Two calls work on one
study, each with its own output folder. One of them, chosen at random, is killed by SIGKILL at a random moment together
with its child processes, and restarted with `--resume`; this is repeated `--deaths` times. Then both calls run to the
end. Reported are the number of kills; the number of trials that ended, that killed calls gave back, that were
continued, and that ended more than once (which must be 0); and the number of trials in each state.

PostgreSQL is started in a temporary folder from Debian's package `postgresql`, and removed at the end. If this runs as
root, it uses the user that the package creates.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from corpora import corpus
from results import write_result

import onoma

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from support.postgresql import server, why_not

SETTINGS = {"data.sentences": 100, "training.epochs": 3, "training.checkpoint_steps": 20, "training.dtype": "fp32"}
DEV = 100
STORAGES = ("sqlite", "journal", "postgresql")
NAME = "tune-storage"
ENDED = ("finished", "pruned", "failed")


class Call:
    """A call of `onoma tune` that can be killed and restarted."""

    def __init__(self, folder: Path, name: str, storage: str, *, trials: int) -> None:
        self.output = folder / name
        self._log = folder / f"{name}.log"
        dev = folder / "dev.conll"
        self._command = [sys.executable, "-m", "onoma", "tune", "--train", corpus("wnut17").train, "--dev", dev]
        self._command += ["--encoder", "small", "--output", self.output, "--storage", storage, "--seeds", "0"]
        self._command += ["--trials", str(trials)]
        for key, value in SETTINGS.items():
            self._command += ["--set", f"{key}={value}"]
        self.start()

    def start(self) -> None:
        again = ["--resume"] if (self.output / "space.toml").exists() else []
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*map(str, self._command), *again], stdout=log, stderr=log, start_new_session=True
            )

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the call with all its child processes, as if the machine had crashed."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        """Kill the call if it is still running."""
        if self.runs:
            self.kill()

    def finish(self) -> None:
        if self._process.wait():
            raise SystemExit(self._log.read_text(encoding="utf-8"))


def survive(storage: str, folder: Path, *, trials: int, deaths: int, seed: int) -> dict[str, object]:
    """Kill one of two calls ``deaths`` times, let both finish, and count the trials."""
    onoma.write(islice(onoma.read(corpus("wnut17").dev), DEV), folder / "dev.conll", overwrite=True)
    calls = [Call(folder, name, storage, trials=trials) for name in ("one", "other")]
    try:
        killed = _kill(calls, deaths=deaths, chance=random.Random(seed))
        for call in calls:
            call.finish()
    finally:
        for call in calls:
            call.end()
    found = json.loads((calls[0].output / "tune.json").read_text(encoding="utf-8"))["trials"]
    ended = Counter(trial["number"] for trial in found if trial["state"] in ENDED)
    given_back = [trial["number"] for trial in found if trial["state"] == "given back"]
    return {
        "trials": len(ended),
        "killed": killed,
        "given back": len(given_back),
        "continued": len(ended.keys() & set(given_back)),
        "ended more than once": sum(count > 1 for count in ended.values()),
        "states": Counter(trial["state"] for trial in found),
    }


def _kill(calls: Sequence[Call], *, deaths: int, chance: random.Random) -> int:
    """Kill and restart a random call at random moments ``deaths`` times, and return how often one was running."""
    for killed in range(deaths):
        time.sleep(chance.uniform(15, 60))
        running = [call for call in calls if call.runs]
        if not running:
            return killed
        victim = chance.choice(running)
        victim.kill()
        victim.start()
    return deaths


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[str]:
    """Open a storage of a kind and yield its address."""
    if kind == "postgresql":
        if reason := why_not():
            raise SystemExit(reason)
        with server() as url:
            yield url
    else:
        yield f"journal:{folder / 'study.log'}" if kind == "journal" else f"sqlite:///{folder / 'study.db'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--deaths", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--storages", nargs="+", choices=STORAGES, default=[*STORAGES])
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    for kind in arguments.storages:
        with tempfile.TemporaryDirectory(prefix=NAME) as name, opened(kind, Path(name)) as storage:
            figures[kind] = survive(
                storage, Path(name), trials=arguments.trials, deaths=arguments.deaths, seed=arguments.seed
            )
    write_result("tune_storage", figures)


if __name__ == "__main__":
    main()
