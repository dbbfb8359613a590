"""Check that `auto` chooses the same training dtype in every new process, also under processor load.

    python benchmarks/dtype.py [--processes 20] [--threads N]

Each process measures again, with an empty cache. Every second one runs while other processes, one per thread, multiply
matrices continuously. A last process uses the cache of the first one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from results import spread, write_result

from onoma.machine import available_cores

LOAD = "import torch; torch.set_num_threads(1); a = torch.ones(512, 512)\nwhile True: a @ a"
CHOOSE = """
import json, time, torch
from onoma.engine.dtype import choose_dtype
torch.ones(8, 8) @ torch.ones(8, 8)
started = time.perf_counter()
dtype = choose_dtype("auto", device=torch.device("cpu"))
print(json.dumps({"dtype": dtype.name, "why": dtype.why, "seconds": time.perf_counter() - started}))
"""


def chosen(threads: int, cache: Path) -> dict[str, Any]:
    """Return the dtype that a new process chooses, the reason, and the time it takes in seconds."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "ONOMA_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", CHOOSE], check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=20)
    parser.add_argument("--threads", type=int, default=available_cores())
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, Any]]] = {"alone": [], "under_load": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.processes):
            name = "under_load" if number % 2 else "alone"
            busy = [subprocess.Popen([sys.executable, "-c", LOAD]) for _ in range(arguments.threads * (number % 2))]
            try:
                runs[name].append(chosen(arguments.threads, Path(folder, str(number))))
            finally:
                for process in busy:
                    process.kill()
                    process.wait()
            print(json.dumps({"process": number, "how": name, **runs[name][-1]}), file=sys.stderr, flush=True)
        cached = chosen(arguments.threads, Path(folder, "0"))
    figures: dict[str, Any] = {"threads": arguments.threads, "cached": cached}
    for name, done in runs.items():
        figures[name] = {
            "dtypes": sorted({run["dtype"] for run in done}),
            "reasons": sorted({run["why"] for run in done}),
            "seconds": spread([run["seconds"] for run in done]),
        }
    write_result("dtype", figures)


if __name__ == "__main__":
    main()
