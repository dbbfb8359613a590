"""Speed, memory and robustness of a large bulk job: uninterrupted, killed and resumed, and with two workers.

    python benchmarks/bulk.py [--model runs/wnut17-1] [--documents 1000000] [--format parquet]

Real tweets are repeated, each with a number so that no two rows are equal, and tagged by `onoma tag` with one thread
per worker. One run is not interrupted. Another is killed three times by SIGKILL, at random moments that depend on the
seed, and resumed each time; its output must be identical. A run over half of the rows shows whether memory grows with
the number of rows. Then one worker and two workers tag a part of the rows in turn. With
`--parts bulk_versions --before SRC`, another version of onoma and this one tag a part of the rows in turn.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from results import DATA, spread, write_result

KILLS = 3


@dataclass(frozen=True, slots=True)
class Run:
    """Exit status, duration and memory of a command."""

    status: int
    seconds: float
    processor_seconds: float
    peak_megabytes: float


def tweets(arguments: argparse.Namespace, number: int) -> Iterator[str]:
    """Yield the lines of all tweet files, or their first words, in a cycle, each followed by its number."""
    lines = [
        line
        for path in sorted(arguments.texts.glob("*.10000.txt"))
        for line in path.read_text("utf-8").split("\n")
        if line
    ]
    for position, line in enumerate(islice(cycle(lines), number)):
        yield f"{' '.join(line.split()[: arguments.words])} {position}"


def write_rows(path: Path, texts: Iterator[str]) -> int:
    """Write texts to a Parquet or JSON Lines file and return the number of their words."""
    words = 0
    if path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            for text in texts:
                words += len(text.split())
                file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
        return words
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, pa.schema([("text", pa.string())])) as writer:
        while rows := list(islice(texts, 50_000)):
            words += sum(len(text.split()) for text in rows)
            writer.write_table(pa.table({"text": rows}))
    return words


def tag(arguments: argparse.Namespace, source: Path, output: Path, *more: str, seconds: float | None = None) -> Run:
    """Run `onoma tag` once, to a success unless it is killed because it has not ended after ``seconds``."""
    command = [sys.executable, "-m", "onoma", "tag", "--model", str(arguments.model), str(source)]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--output", str(output), "--threads", "1", *more], start_new_session=True)
    if seconds is not None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0) if process.returncode is None else (0, process.returncode, None)
    peak = usage.ru_maxrss / 1_024 if usage is not None else 0.0
    busy = usage.ru_utime + usage.ru_stime if usage is not None else 0.0
    if status and seconds is None:
        raise SystemExit(f"{' '.join(command)} has ended with status {os.waitstatus_to_exitcode(status)}")
    return Run(status=status, seconds=time.perf_counter() - started, processor_seconds=busy, peak_megabytes=peak)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def done_rows(output: Path, *, shard_rows: int) -> int:
    """Return the number of rows that the journal records as written after a kill."""
    journal = output.with_name(f"{output.name}.unfinished") / "journal.jsonl"
    return max(0, journal.read_bytes().count(b"\n") - 1) * shard_rows if journal.exists() else 0


def killed(arguments: argparse.Namespace, source: Path, output: Path, *, seconds: float) -> list[dict[str, object]]:
    """Kill a job at random moments, resume it each time, and let the last run finish."""
    moments = random.Random(arguments.seed)
    story: list[dict[str, object]] = []
    for _ in range(KILLS):
        run = tag(arguments, source, output, "--resume", seconds=moments.uniform(0.05, 0.95) * seconds / KILLS)
        stand = done_rows(output, shard_rows=1_024)
        story.append({"seconds": run.seconds, "killed": run.status == signal.SIGKILL, "rows_that_stand": stand})
    run = tag(arguments, source, output, "--resume")
    return [*story, {"seconds": run.seconds, "status": os.waitstatus_to_exitcode(run.status)}]


def rows_of(path: Path) -> int:
    if path.suffix == ".jsonl":
        return path.read_bytes().count(b"\n")
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def disturbed(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Measure all rows uninterrupted, all rows killed and resumed, and half of the rows."""
    suffix = arguments.format
    source, half = folder / f"all.{suffix}", folder / f"half.{suffix}"
    words = write_rows(source, tweets(arguments, arguments.documents))
    write_rows(half, tweets(arguments, arguments.documents // 2))
    whole, broken = folder / f"whole.{suffix}", folder / f"broken.{suffix}"
    run = tag(arguments, source, whole)
    story = killed(arguments, source, broken, seconds=run.seconds)
    smaller = tag(arguments, half, folder / f"halved.{suffix}")
    return {
        "documents": arguments.documents,
        "words": words,
        "format": suffix,
        "undisturbed": {
            "seconds": run.seconds,
            "documents_per_second": arguments.documents / run.seconds,
            "words_per_second": words / run.seconds,
            "rows_written": rows_of(whole),
            "peak_megabytes": run.peak_megabytes,
            "peak_megabytes_of_half_the_rows": smaller.peak_megabytes,
        },
        "killed_and_resumed": {"runs": story, "identical": digest(whole) == digest(broken)},
    }


def with_workers(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Measure one worker and two workers in turn."""
    source = folder / f"part.{arguments.format}"
    write_rows(source, tweets(arguments, arguments.compared))
    times: dict[int, list[float]] = {1: [], 2: []}
    outputs = set()
    for _ in range(arguments.pairs):
        for workers, seconds in times.items():
            output = folder / f"{workers}.{arguments.format}"
            seconds.append(tag(arguments, source, output, "--overwrite", "--workers", str(workers)).seconds)
            outputs.add(digest(output))
    return {
        "documents": arguments.compared,
        "seconds_of_one": times[1],
        "seconds_of_two": times[2],
        "ratio": statistics.median(one / two for one, two in zip(times[1], times[2], strict=True)),
        "identical": len(outputs) == 1,
    }


def versions(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Measure another version and this one in turn; the order alternates from pair to pair."""
    sources = {"before": arguments.before.resolve(), "after": Path(__file__).parents[1] / "src"}
    figures: dict[str, object] = {"documents": arguments.compared, "pairs": arguments.pairs}
    for suffix, target in (("jsonl", "jsonl"), ("jsonl", "csv"), ("parquet", "parquet")):
        source = folder / f"part.{suffix}"
        write_rows(source, tweets(arguments, arguments.compared))
        runs: dict[str, list[Run]] = {name: [] for name in sources}
        for pair in range(arguments.pairs):
            for name in sorted(sources, reverse=bool(pair % 2)):
                os.environ["PYTHONPATH"] = str(sources[name])
                output = folder / f"{name}.{target}"
                runs[name].append(tag(arguments, source, output, "--overwrite"))
        pairs = list(zip(runs["before"], runs["after"], strict=True))
        figures[f"{suffix} to {target}"] = {
            "processor_seconds": {name: spread([run.processor_seconds for run in runs[name]]) for name in sources},
            "speed_after_over_before": spread([one.seconds / other.seconds for one, other in pairs]),
            "by_processor_seconds": spread([one.processor_seconds / other.processor_seconds for one, other in pairs]),
        }
    return figures


PARTS = {"bulk": disturbed, "bulk_workers": with_workers, "bulk_versions": versions}
"""Functions that measure, by the name of the results file."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/wnut17-1"))
    parser.add_argument("--texts", type=Path, default=DATA / "unlabelled")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["bulk", "bulk_workers"])
    parser.add_argument("--before", type=Path, help="the folder src of another version, for bulk_versions")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, help="take only the first few words of each tweet")
    parser.add_argument("--format", choices=("parquet", "jsonl"), default="parquet")
    parser.add_argument("--compared", type=int, default=50_000, help="rows that one and two workers tag in turn")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for part in arguments.parts:
        with tempfile.TemporaryDirectory() as folder:
            write_result(part, PARTS[part](arguments, Path(folder)))


if __name__ == "__main__":
    main()
