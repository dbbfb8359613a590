"""Fuzzing of the readers: a damaged file of any format must be read or rejected with one message, in time.

    python benchmarks/fuzz_readers.py [--files 10000] [--seed 1] [--show 3]

Small valid samples are damaged by deleting, duplicating and swapping bytes and lines. Any outcome other than `read` and
`refused` is a fault; `--show` is the number of examples printed for each kind of fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from results import write_result

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.damage import SAMPLES, damaged, outcome_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3)
    arguments = parser.parse_args()
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in SAMPLES}
    shown: defaultdict[str, list[str]] = defaultdict(list)
    chance, longest = random.Random(arguments.seed), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.files):
            name, sample = list(SAMPLES.items())[number % len(SAMPLES)]
            (first, content), *others = sample.files.items()
            (Path(folder) / name).mkdir(exist_ok=True)
            path = Path(folder) / name / first
            content = damaged(content, chance)
            path.write_bytes(sample.pack(content))
            for other, text in others:
                (path.parent / other).write_bytes(text)
            began = time.perf_counter()
            outcome, message = outcome_of(path)
            longest = max(longest, time.perf_counter() - began)
            outcomes[name][outcome] += 1
            if outcome not in ("read", "refused") and len(shown[outcome]) < arguments.show:
                shown[outcome].append(f"{name}: {message}\n    {content!r}")
    for outcome, examples in shown.items():
        print(f"== {outcome}", *examples, sep="\n", file=sys.stderr)
    write_result(
        "fuzz_readers",
        {
            "files": arguments.files,
            "seed": arguments.seed,
            "outcomes": dict(sum(outcomes.values(), Counter[str]())),
            "longest_s": round(longest, 3),
            "by_sample": {name: dict(sorted(counts.items())) for name, counts in outcomes.items()},
        },
    )


if __name__ == "__main__":
    main()
