"""Time of `import onoma`, of loading a model and of the first call, and whether tagging imports torch.

    python benchmarks/start.py [--model runs/wnut17-1]

Run it in an environment with only the core dependencies. Each time is the median over eleven new interpreters, minus
the median over eleven interpreters that do nothing.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from results import write_result

RUNS = 11


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/wnut17-1"))
    arguments = parser.parse_args()
    load = f"import onoma; t = onoma.load({str(arguments.model)!r})"
    tag = f"{load}; t.tag('Angela Merkel visited Lyon.')"
    programs = {"nothing": "pass", "import": "import onoma", "load": load, "load_and_tag": tag}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(RUNS):
        for name, program in programs.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    seen = subprocess.run(
        [sys.executable, "-c", f"import sys; {tag}; print('torch' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    write_result(
        "start",
        {
            "interpreter_seconds": medians["nothing"],
            **{f"{name}_seconds_beyond": medians[name] - medians["nothing"] for name in programs if name != "nothing"},
            "torch_installed": find_spec("torch") is not None,
            "torch_imported": seen.stdout.strip() == "True",
        },
    )


if __name__ == "__main__":
    main()
