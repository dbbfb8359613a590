"""Gain of a hyperparameter search on real corpora, and its overhead beyond training.

    python benchmarks/tune.py search [--trials 20] [--seeds 5] [--finalists 3] [--corpora wnut17 …]
                                     [--encoders small …] [--jobs 1]
    python benchmarks/tune.py overhead [--trials 6] [--corpora wnut17]

With `--sentences N`, models are trained on only N sentences, to try out the benchmark.

`search`: `onoma tune` with the encoder `small` and the default search space on each corpus; several `--encoders` are
part of the space, and the defaults are those of the first one. The best trial and the defaults are then trained with
new seeds and compared on dev. Where the best trial is better by more than the noise of seeds, they are also compared on
test, which the search has not used: by `onoma train` with the written `best.toml` and with the defaults, with the same
new seeds. An interrupted search is resumed, also on another machine: the trials are stored in
results/tune_NAME.journal, and the runs with new seeds in results/tune_NAME.jsonl.xz (see known_cells.py). NAME is the
corpus, followed by the encoders if they are not only `small`.

`overhead`: the time of a search with one process relative to the training time of its trials, and the median time
between two trials. The start of the process, which every run has, counts as overhead.

Output is written to runs/tune.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from corpora import corpus
from known_cells import keep_cells, restore_cells
from results import RESULTS, write_result
from runs import TomlModel, compared, do, wait

import onoma
from onoma.api.search_plan import SearchPlanned
from onoma.api.tuning import FINALISTS
from onoma.training import read_config
from onoma.tuning import SearchEvent, TrialBegun, TrialEnded

HERE = Path("runs/tune")
CORPORA = ("wnut17", "wikigold", "bc5cdr")


def searched(
    name: str,
    encoders: Sequence[str],
    *,
    study: str,
    trials: int,
    seeds: int,
    finalists: int,
    jobs: int,
    settings: Mapping[str, object],
) -> dict[str, object]:
    """Run or resume a search on a corpus, then compare the best settings with the defaults on test with new seeds."""
    parts = corpus(name)
    folder, known = HERE / study, f"tune_{study}"

    def restore(event: object) -> None:
        if isinstance(event, SearchPlanned):
            restore_cells(known, folder / "cells")

    try:
        found = onoma.tune(
            train=parts.train,
            dev=parts.dev,
            encoders=encoders,
            settings=settings,
            output=folder,
            trials=trials,
            seeds=seeds,
            finalists=finalists,
            storage=f"journal:{RESULTS / f'{known}.journal'}",
            jobs=jobs,
            report=HERE / f"{study}.html",
            resume=folder.exists(),
            on_event=restore,
        )
    finally:
        keep_cells(known, folder / "cells")
    figures = {key: value for key, value in found.to_json().items() if key not in {"trials", "notes"}}
    figures["params"] = dict(found.best.params)
    figures["default params"] = None if found.defaults is None else dict(found.defaults.params)
    if found.confirmation is not None and found.beats_seed_noise:
        best, defaults = (
            models(name, encoders[0], settings, run=run, seeds=found.confirmation.seeds, output=f"{study}-{which}")
            for which, run in (("best", folder / "best.toml"), ("defaults", None))
        )
        do([*best, *defaults])
        wait([*best, *defaults])
        figures["test"] = compared(best, defaults)
    return figures


def models(
    name: str, encoder: str, settings: Mapping[str, object], *, run: Path | None, seeds: Sequence[int], output: str
) -> list[TomlModel]:
    """Return the models with the settings of a run, or with the defaults of an encoder, one for each seed."""
    parts = corpus(name)
    data: dict[str, object] = {"train": parts.train, "dev": parts.dev, "test": parts.test}
    data |= {key.removeprefix("data."): value for key, value in settings.items()}
    model: dict[str, object] = {"encoder": encoder}
    training: dict[str, object] = {}
    if run is not None:
        config = read_config(run)
        model |= config.model.model_dump(mode="json", exclude_defaults=True) | {"encoder": config.model.encoder}
        training = config.training.model_dump(mode="json", exclude_defaults=True)
    return [
        TomlModel(HERE / "test" / f"{output}-{seed}", data, model=model, training={**training, "seed": seed})
        for seed in seeds
    ]


class _Clock:
    """Event handler that records when trials begin and end, and how long they train."""

    def __init__(self) -> None:
        self.planned = 0.0
        self.begun: list[float] = []
        self.ended: list[float] = []
        self.trained: list[float] = []

    def __call__(self, event: SearchPlanned | SearchEvent | object) -> None:
        now = time.perf_counter()
        match event:
            case SearchPlanned():
                self.planned = now
            case TrialBegun():
                self.begun.append(now)
            case TrialEnded(record=record):
                self.ended.append(now)
                self.trained.append(record.seconds)


def overhead(name: str, *, trials: int, settings: Mapping[str, object]) -> dict[str, object]:
    """Measure the parts of a search that are not training."""
    parts = corpus(name)
    clock = _Clock()
    started = time.perf_counter()
    onoma.tune(
        train=parts.train,
        dev=parts.dev,
        encoders=["small"],
        settings=settings,
        output=HERE / f"overhead-{name}",
        trials=trials,
        seeds=0,
        overwrite=True,
        on_event=clock,
    )
    whole, training = time.perf_counter() - started, sum(clock.trained)
    between = [begun - ended for begun, ended in zip(clock.begun[1:], clock.ended, strict=False)]
    within = [ended - begun for begun, ended in zip(clock.begun, clock.ended, strict=True)]
    return {
        "seconds": whole,
        "training": training,
        "planning": clock.planned - started,
        "start of the process": clock.begun[0] - clock.planned,
        "between trials": statistics.median(between),
        "within a trial beside training": statistics.median(
            took - trained for took, trained in zip(within, clock.trained, strict=True)
        ),
        "overhead": whole / training - 1,
        "overhead without planning and start": (clock.ended[-1] - clock.begun[0]) / training - 1,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("search", "overhead"))
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--finalists", type=int, default=FINALISTS)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--corpora", nargs="+", default=None)
    parser.add_argument("--encoders", nargs="+", default=["small"])
    parser.add_argument("--sentences", type=int)
    arguments = parser.parse_args()
    settings = {} if arguments.sentences is None else {"data.sentences": arguments.sentences}
    if arguments.what == "search":
        for name in arguments.corpora or CORPORA:
            study = name if arguments.encoders == ["small"] else "-".join([name, *arguments.encoders])
            figures = searched(
                name,
                arguments.encoders,
                study=study,
                trials=arguments.trials or 20,
                seeds=arguments.seeds,
                finalists=arguments.finalists,
                jobs=arguments.jobs,
                settings=settings,
            )
            write_result(f"tune_search_{study}", figures)
    else:
        write_result(
            "tune_overhead",
            {
                name: overhead(name, trials=arguments.trials or 6, settings=settings)
                for name in arguments.corpora or ["wnut17"]
            },
        )


if __name__ == "__main__":
    main()
