"""One model trained on four heterogeneous corpora, compared with one model per corpus.

    python benchmarks/one_model.py [--seeds 1 2 3]

The corpora are WNUT 2017, the Broad Twitter Corpus, wikigold and EWT. The labels are PER, LOC and ORG (corporations and
groups in WNUT 2017), and labels that only one corpus has: MISC of wikigold, `creative-work` and `product` of WNUT 2017.
`data.corpora` renames labels and states which labels a corpus does not annotate. `one` is trained on all four corpora,
with the best epoch chosen on all four dev sets; `each` is trained on one corpus only. Reported is exact F1 on the dev
set of every corpus, over the labels that it annotates. The encoder is `small`, the head `crf`. Existing models are
reused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from corpora import corpus
from results import write_result
from runs import TomlModel, do, mean_and_deviation, p_value, wait

import onoma
from onoma.corpora import ReadOptions

RUNS = Path("runs/one_model")
CORPORA = ("wnut17", "btc", "wikigold", "ewt")
RENAMED = {"wnut17": {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG"}}
OWN = {"wnut17": ("creative-work", "product"), "wikigold": ("MISC",)}
"""Labels that only one corpus annotates."""


def missing(name: str, among: tuple[str, ...]) -> list[str]:
    """Return the labels that other corpora in ``among`` annotate and the corpus ``name`` does not."""
    return [label for other in among if other != name for label in OWN.get(other, ())]


def model(names: tuple[str, ...], seed: int) -> TomlModel:
    """Return the model to train on one or several corpora."""
    parts = {name: corpus(name) for name in names}
    tables = {
        path.name: {"labels": RENAMED.get(name, {}), "unannotated": missing(name, names)}
        for name, each in parts.items()
        for path in (each.train, each.dev)
    }
    return TomlModel(
        RUNS / f"{'all' if len(names) > 1 else names[0]}-{seed}",
        data={"train": [each.train for each in parts.values()], "dev": [each.dev for each in parts.values()]},
        corpora=tables,
        model={"encoder": "small", "head": "crf"},
        training={"seed": seed},
    )


def f1_on(name: str, trained: TomlModel) -> float:
    """Return exact F1 in percent on the dev set of a corpus."""
    options = ReadOptions(labels=RENAMED.get(name, {}), unannotated=frozenset(missing(name, CORPORA)))
    return 100 * onoma.evaluate(trained.folder, corpus(name).dev, options=options, dtype="fp32").exact.f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    one = [model(CORPORA, seed) for seed in arguments.seeds]
    each = {name: [model((name,), seed) for seed in arguments.seeds] for name in CORPORA}
    every = [*one, *(trained for of in each.values() for trained in of)]
    do(every)
    wait(every)
    figures: dict[str, object] = {}
    for name, own in each.items():
        together, alone = ([f1_on(name, trained) for trained in of] for of in (one, own))
        gains = [both - single for both, single in zip(together, alone, strict=True)]
        figures[name] = {
            "one": mean_and_deviation(together),
            "each": mean_and_deviation(alone),
            "difference": {**mean_and_deviation(gains), "p": p_value(gains)},
        }
    write_result("one_model", figures)


if __name__ == "__main__":
    main()
