"""Typical uses of `onoma compare`: learning curves, encoder sizes, forecasts, and the overhead of the command.

    python benchmarks/comparison.py curves [--seeds 3] [--candidates small crf …] [--jobs 8]
    python benchmarks/comparison.py sizes [--seeds 3] [--jobs 8]
    python benchmarks/comparison.py forecast [--seeds 10] [--corpora bc5cdr wikigold]
    python benchmarks/comparison.py overhead [--seeds 3]

`curves`: learning curves of `small`, `multilingual`, a BiLSTM-CRF, a CRF and a gazetteer on WNUT 2017, BC5CDR and
wikigold, with 100, 300, 1,000 and all training sentences; the plots are written to docs/figures. `sizes`: the encoder
`multilingual` complete, with only the subwords of English, with 6 layers and with 3 layers, and the encoder `small`
complete and with 3 layers, on WNUT 2017. `forecast`: `small` on BC5CDR and wikigold with 100, 200 and 400 sentences.
From these, F1 on dev is forecast for 1,600 sentences (BC5CDR) and for all 1,142 sentences (wikigold), and compared with
the F1 of models trained on that many. A forecast is made from the runs of one seed, and from those of three seeds, as
`onoma compare` does by default; each seed is in three of the latter. The same is done with F1 on test. `overhead`: the
time of a comparison (`small`, 300 sentences of WNUT 2017, one run at a time) beside training, scoring on test and
measuring speed, relative to the training time.

A comparison is written to runs/comparison/NAME, and its TOML file to runs/comparison/NAME.toml; an interrupted one is
resumed, also on another machine, as records of finished runs are kept (see known_cells.py). Encoders are pruned into
runs/comparison/encoders, as by `onoma prune`; the vocabulary is that of the training sets and of the unlabelled tweets
and comments.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from corpora import corpus
from known_cells import keep_cells, restore_cells
from plots import save_plots
from results import DATA, write_result
from runs import toml_tables

import onoma
from onoma.api.comparing import ComparisonPlanned, SpeedMeasured
from onoma.errors import InputError
from onoma.experiments import CellDone, CellRecord, DevSize, read_record
from onoma.experiments.forecast import forecast

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
    shared_with: str | None = None,
) -> dict[str, object]:
    """Run a comparison, or resume an unfinished one, and return its results.

    Runs that another comparison, ``shared_with``, has in common with it are not repeated.
    """
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
    command += [] if jobs is None else ["--jobs", str(jobs)]
    cells = HERE / name / "cells"
    keep_cells(f"comparison_{name}", cells)  # of a call that was killed
    if shared_with is not None:
        runs = product(corpora, candidates, sizes, range(1, seeds + 1))
        names = [f"{corpus}/{candidate}/{size}-{seed}" for corpus, candidate, size, seed in runs]
        restore_cells(f"comparison_{shared_with}", cells, only=names)
    restore_cells(f"comparison_{name}", cells)
    try:
        subprocess.run(command, check=True)
    finally:
        keep_cells(f"comparison_{name}", cells)
    found: dict[str, object] = json.loads((HERE / name / "comparison.json").read_text(encoding="utf-8"))
    return {key: value for key, value in found.items() if key != "notes"}  # they name files of this machine


def curves(seeds: int, candidates: Sequence[str], *, jobs: int | None) -> dict[str, object]:
    encoders = {each: each for each in candidates}
    figures = compared("curves", corpora=CORPORA, candidates=encoders, sizes=SIZES, seeds=seeds, jobs=jobs)
    save_plots(HERE / "curves.html", kind="Learning curves")
    return figures


def sizes(seeds: int, *, jobs: int | None) -> dict[str, object]:
    english = [*(corpus(each).train for each in CORPORA), *sorted((DATA / "unlabelled").glob("*.txt"))]
    encoders = {"multilingual": "multilingual", "small": "small"}
    for name, (encoder, layers) in PRUNED.items():
        folder = HERE / "encoders" / name
        if not folder.exists():
            onoma.prune(encoder, texts=english if encoder == "multilingual" else [], output=folder, layers=layers)
        encoders[name] = str(folder)
    return compared("sizes", corpora=["wnut17"], candidates=encoders, seeds=seeds, jobs=jobs, shared_with="curves")


def forecasts(seeds: int, corpora: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in corpora:
        last = FORECAST_AT[name]
        compared(
            f"forecast-{name}", corpora=[name], candidates={"small": "small"}, sizes=(*FITTED_ON, last), seeds=seeds
        )
        cells = HERE / f"forecast-{name}" / "cells" / name / "small"
        records = {
            size: [trained(cells / f"{size}-{seed}") for seed in range(1, seeds + 1)] for size in (*FITTED_ON, last)
        }
        found[name] = {}
        for part, path in (("dev", corpus(name).dev), ("test", corpus(name).test)):
            f1 = {
                runs[0].train_sentences: [each.dev["f1"] if part == "dev" else each.f1 for each in runs]
                for runs in records.values()
            }
            size = DevSize.of(len(each.entities) for each in onoma.read(path))
            found[name][part] = {
                "F1 by size": {count: [statistics.fmean(runs), statistics.stdev(runs)] for count, runs in f1.items()},
                "entities": size.entities,
                "effective documents": size.documents,
                **{f"from {runs} a size": accuracy(f1, seeds_in_a_draw=runs, measured_on=size) for runs in (1, 3)},
            }
    return found


def trained(folder: Path) -> CellRecord:
    record = read_record(folder)
    assert record is not None
    return record


def accuracy(f1: Mapping[int, Sequence[float]], *, seeds_in_a_draw: int, measured_on: DevSize) -> dict[str, Any]:
    """Forecast F1 at the largest size from the other sizes, for as many draws of seeds as there are seeds.

    Args:
        f1: F1 of each seed, by number of training sentences.
        seeds_in_a_draw: number of seeds that a forecast is made from.
        measured_on: size of the text that F1 was measured on.

    Returns:
        The mean distance of forecasts from the mean F1 that their seeds reach, the share of runs inside the intervals,
        and the draws.
    """
    *known, last = sorted(f1)
    seeds = len(f1[last])
    draws: list[dict[str, Any]] = []
    for first in range(seeds):
        chosen = [(first + at) % seeds for at in range(seeds_in_a_draw)]
        reached = [f1[last][index] for index in chosen]
        try:
            (expected,) = forecast(
                {size: [f1[size][index] for index in chosen] for size in known}, [last], dev=measured_on
            )
        except InputError:
            continue  # F1 at the small sizes cannot be forecast
        draws.append({"forecast": expected.f1, "low": expected.low, "high": expected.high, "reached": reached})
    if not draws:
        return {"without forecast": seeds, "draws": draws}
    return {
        "without forecast": seeds - len(draws),
        "mean error": statistics.fmean(abs(each["forecast"] - statistics.fmean(each["reached"])) for each in draws),
        "covered": statistics.fmean(each["low"] <= run <= each["high"] for each in draws for run in each["reached"]),
        "draws": draws,
    }


class _Clock:
    """Event handler that adds up the parts of a comparison whose runs are trained one at a time."""

    def __init__(self) -> None:
        self.planned = 0.0
        self.training = 0.0
        self.scoring = 0.0
        self.measuring = 0.0
        self._before = 0.0

    def __call__(self, event: object) -> None:
        now = time.perf_counter()
        match event:
            case ComparisonPlanned():
                self.planned = now
            case CellDone(record=record):
                self.training += record.seconds
                self.scoring += now - self._before
            case SpeedMeasured():
                self.measuring += now - self._before
        self._before = now


def overhead(seeds: int) -> dict[str, object]:
    """Return the time of a whole comparison and its parts, and what is left as a share of the training time."""
    clock, parts, started = _Clock(), corpus("wnut17"), time.perf_counter()
    onoma.compare(
        train=parts.train,
        dev=parts.dev,
        test=parts.test,
        encoders=["small"],
        sizes=[300],
        seeds=seeds,
        jobs=1,
        output=HERE / "overhead",
        overwrite=True,
        on_event=clock,
    )
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "training": clock.training,
        "scoring on test": clock.scoring,
        "measuring speed": clock.measuring,
        "planning": clock.planned - started,
        "overhead": (seconds - clock.training - clock.scoring - clock.measuring) / clock.training,
        "all but training": seconds / clock.training - 1,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("curves", "sizes", "forecast", "overhead"))
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--jobs", type=int, help="number of runs at a time, of curves and sizes")
    parser.add_argument("--candidates", nargs="+", choices=CANDIDATES, default=[*CANDIDATES])
    parser.add_argument("--corpora", nargs="+", choices=FORECAST_AT, default=[*FORECAST_AT], help="of the forecast")
    arguments = parser.parse_args()
    if arguments.what == "curves":
        figures = curves(arguments.seeds or 3, arguments.candidates, jobs=arguments.jobs)
    elif arguments.what == "sizes":
        figures = sizes(arguments.seeds or 3, jobs=arguments.jobs)
    elif arguments.what == "forecast":
        figures = forecasts(arguments.seeds or 10, arguments.corpora)
    else:
        figures = overhead(arguments.seeds or 3)
    write_result(f"comparison_{arguments.what}", figures)


if __name__ == "__main__":
    main()
