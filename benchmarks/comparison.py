"""What people ask of a comparison, each by one `onoma compare`.

    python benchmarks/comparison.py curves [--seeds 3] [--candidates small crf …]
    python benchmarks/comparison.py sizes [--seeds 3]
    python benchmarks/comparison.py forecast [--seeds 10]
    python benchmarks/comparison.py overhead [--seeds 3]

`curves`: `small` and `multilingual` beside a BiLSTM-CRF, a CRF and a gazetteer on WNUT 2017, BC5CDR and wikigold, at
100, 300, 1,000 and all training sentences. `sizes`: on WNUT 2017 the encoder `multilingual` whole, with the subwords of
English alone, with 6 and with 3 layers, beside `small` whole and with 3 layers. `forecast`: `small` on BC5CDR and
wikigold at 100, 200 and 400 sentences, from which F1 on dev is forecast at 1,600 sentences and at all of wikigold's
1,142, for each seed alone; beside it stands what training on so many gave. `overhead`: the time of a comparison of the
encoder `small` at 300 sentences of WNUT 2017, a run at a time, beside the time of its runs.

The comparison is written to runs/comparison/NAME, with the TOML file from which it was made; one that was stopped goes
on. Encoders are pruned by `onoma prune` to runs/comparison/encoders.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from corpora import corpus
from results import write_result
from runs import toml_tables

import onoma
from onoma.experiments import read_record
from onoma.experiments.forecast import forecast
from onoma.io.files import remove

HERE = Path("runs/comparison")
CORPORA = ("wnut17", "bc5cdr", "wikigold")
SIZES = (100, 300, 1_000, "all")
CANDIDATES = ("small", "multilingual", "bilstm", "crf", "gazetteer")
PRUNED = {
    "multilingual-english": ("multilingual", None),
    "multilingual-6": ("multilingual", 6),
    "multilingual-3": ("multilingual", 3),
    "small-3": ("small", 3),
}
FITTED_ON = (100, 200, 400)
FORECAST_AT: dict[str, int | str] = {"bc5cdr": 1_600, "wikigold": "all"}


def compared(
    name: str,
    *,
    corpora: Sequence[str],
    candidates: Mapping[str, str],
    sizes: Sequence[int | str] = ("all",),
    seeds: int,
    jobs: int | None = None,
) -> dict[str, object]:
    """Do a comparison, or what is left of it."""
    path = HERE / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    tables: list[tuple[str, Mapping[str, object]]] = [
        ("", {"output": HERE / name, "seeds": seeds, "sizes": list(sizes)})
    ]
    for each in corpora:
        parts = corpus(each)
        tables.append(("[[corpus]]", {"name": each, "train": parts.train, "dev": parts.dev, "test": parts.test}))
    tables += [("[[candidate]]", {"name": each, "model.encoder": encoder}) for each, encoder in candidates.items()]
    path.write_text(toml_tables(tables), encoding="utf-8")
    command = [sys.executable, "-m", "onoma", "compare", str(path), "--resume", "--report", str(HERE / f"{name}.html")]
    subprocess.run(command + ([] if jobs is None else ["--jobs", str(jobs)]), check=True)
    found: dict[str, object] = json.loads((HERE / name / "comparison.json").read_text(encoding="utf-8"))
    return found


def curves(seeds: int, candidates: Sequence[str]) -> dict[str, object]:
    return compared("curves", corpora=CORPORA, candidates={each: each for each in candidates}, sizes=SIZES, seeds=seeds)


def sizes(seeds: int) -> dict[str, object]:
    encoders = {"multilingual": "multilingual", "small": "small"}
    for name, (encoder, layers) in PRUNED.items():
        folder = HERE / "encoders" / name
        if not folder.exists():
            text = [corpus(each).train for each in CORPORA] if encoder == "multilingual" else []
            onoma.prune(encoder, texts=text, output=folder, layers=layers)
        encoders[name] = str(folder)
    return compared("sizes", corpora=["wnut17"], candidates=encoders, seeds=seeds)


def forecasts(seeds: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, last in FORECAST_AT.items():
        compared(
            f"forecast-{name}", corpora=[name], candidates={"small": "small"}, sizes=(*FITTED_ON, last), seeds=seeds
        )
        draws = [draw(HERE / f"forecast-{name}" / "cells" / name / "small", last, seed) for seed in range(1, seeds + 1)]
        found[name] = {
            "mean error": statistics.fmean(abs(each["forecast"] - each["reached"]) for each in draws),
            "covered": sum(each["low"] <= each["reached"] <= each["high"] for each in draws),
            "draws": draws,
        }
    return found


def draw(cells: Path, last: int | str, seed: int) -> dict[str, float]:
    """What the small sizes of one seed forecast of its last one."""
    *known, reached = (read_record(cells / f"{size}-{seed}") for size in (*FITTED_ON, last))
    assert reached is not None
    (expected,) = forecast({each.learnt: [each.dev["f1"]] for each in known if each is not None}, [reached.learnt])
    return {
        "sentences": reached.learnt,
        "forecast": expected.f1,
        "low": expected.low,
        "high": expected.high,
        "reached": reached.dev["f1"],
    }


def overhead(seeds: int) -> dict[str, object]:
    """The share of a comparison that is not training, from the start of the command to its end."""
    remove(HERE / "overhead")
    started = time.perf_counter()
    compared("overhead", corpora=["wnut17"], candidates={"small": "small"}, sizes=(300,), seeds=seeds, jobs=1)
    seconds = time.perf_counter() - started
    records = [read_record(path.parent) for path in (HERE / "overhead").rglob("cell.json")]
    training = sum(record.seconds for record in records if record is not None)
    return {"seconds": seconds, "training": training, "overhead": seconds / training - 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("curves", "sizes", "forecast", "overhead"))
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--candidates", nargs="+", choices=CANDIDATES, default=[*CANDIDATES])
    arguments = parser.parse_args()
    if arguments.what == "curves":
        figures = curves(arguments.seeds or 3, arguments.candidates)
    elif arguments.what == "sizes":
        figures = sizes(arguments.seeds or 3)
    elif arguments.what == "forecast":
        figures = forecasts(arguments.seeds or 10)
    else:
        figures = overhead(arguments.seeds or 3)
    write_result(f"comparison_{arguments.what}", figures)


if __name__ == "__main__":
    main()
